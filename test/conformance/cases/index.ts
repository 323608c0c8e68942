/**
 * Every case of the suite, in the order in which it is run.
 */
import type { Case } from '../case';
import { closeCases } from './close.cases';
import { crashCases } from './crash.cases';
import { deadLetterCases } from './deadLetter.cases';
import { filterCases } from './filter.cases';
import { flowCases } from './flow.cases';
import { formatsCases } from './formats.cases';
import { groupsCases } from './groups.cases';
import { inboxCases } from './inbox.cases';
import { leaseCases } from './lease.cases';
import { networkCases } from './network.cases';
import { orderCases } from './order.cases';
import { publishCases } from './publish.cases';
import { requestCases } from './request.cases';
import { retryCases } from './retry.cases';
import { soakCases } from './soak.cases';
import { topologyCases } from './topology.cases';

export const cases: readonly Case[] = [
	...publishCases,
	...formatsCases,
	...groupsCases,
	...topologyCases,
	...filterCases,
	...flowCases,
	...orderCases,
	...retryCases,
	...deadLetterCases,
	...inboxCases,
	...leaseCases,
	...closeCases,
	...requestCases,
	...crashCases,
	...networkCases,
	...soakCases,
];
