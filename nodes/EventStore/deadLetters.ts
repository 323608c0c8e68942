/**
 * Dead Letter of the Event Store node: what the subscriptions of Event Store Triggers could not process.
 */
import type { INodeProperties } from 'n8n-workflow';
import { logConnection } from '../shared/consumerHost';
import { deadLetterOperations } from '../shared/deadLetterOperations';
import { deadLetterPanel } from '../shared/deadLetterProperties';
import { text } from '../shared/parameters';
import { n8nLogger } from '../shared/pool';
import { withStore } from '../shared/storeLink';

const subscription: INodeProperties = {
	displayName: 'Subscription',
	name: 'lettersOf',
	type: 'string',
	default: '',
	placeholder: 'e.g. orders-projection',
	description: 'Whose dead letters. Empty: those of all subscriptions.',
};

export const deadLetterProperties = deadLetterPanel(subscription);

/** Which streams are read makes no difference to what could not be processed. */
const WHOLE_LOG = { filter: {}, lanes: 'stream' } as const;

export const deadLetters = deadLetterOperations({
	open: async (context, use) =>
		await withStore(context, async ({ chosen, call }) => {
			await using connection = await logConnection(chosen, WHOLE_LOG, n8nLogger);
			return await use({ connection, call });
		}),
	of: (context, itemIndex) => ({
		source: { kind: 'channel', channel: 'log' },
		group: text(context.getNodeParameter('lettersOf', itemIndex, '')) || null,
	}),
});
