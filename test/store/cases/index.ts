/**
 * Every case of the suite, in the order in which they run.
 */
import type { StoreCase } from '../case';
import { appendCases } from './append';
import { careCases } from './care';
import { concurrencyCases } from './concurrency';
import { coordinationCases } from './coordination';
import { documentCases } from './documents';
import { findingCases } from './finding';
import { foldingCases } from './folding';
import { inboxCases } from './inbox';
import { readingCases } from './reading';
import { transactCases } from './transact';
import { trailCases } from './trail';

export const cases: readonly StoreCase[] = [
	...appendCases,
	...transactCases,
	...readingCases,
	...documentCases,
	...findingCases,
	...foldingCases,
	...coordinationCases,
	...careCases,
	...inboxCases,
	...trailCases,
	...concurrencyCases,
];
