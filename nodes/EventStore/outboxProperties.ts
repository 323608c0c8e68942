/**
 * Outbox: Get Status.
 */
const operations = {
	default: 'getStatus',
	options: [
		{
			name: 'Get Status',
			value: 'getStatus',
			action: 'Get the status of the outbox',
			description: 'How many stored events wait to be published, and since when',
		},
	],
};

export const outboxProperties = { operations };
