/**
 * Delivery: Retry Later, Send to Dead Letter.
 */
import type { INodeProperties } from 'n8n-workflow';

const operations = {
	default: 'retryLater',
	options: [
		{
			name: 'Retry Later',
			value: 'retryLater',
			action: 'Retry a delivery later',
			description: 'Have the event that started this run delivered again, without an error in this run',
		},
		{
			name: 'Send to Dead Letter',
			value: 'sendToDeadLetter',
			action: 'Send a delivery to the dead letters',
			description: 'Give up the event that started this run, without further attempts',
		},
	],
};

const fields: INodeProperties[] = [
	{
		displayName: 'Delay (Seconds)',
		name: 'retryDelay',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'How long to wait before the next run. 0: as the backoff of the trigger says.',
		displayOptions: { show: { resource: ['delivery'], operation: ['retryLater'] } },
	},
	{
		displayName: 'Reason',
		name: 'reason',
		type: 'string',
		default: '',
		placeholder: 'e.g. The warehouse is closed',
		description: 'Kept with the event, for whoever looks at it later. At most 120 characters.',
		displayOptions: { show: { resource: ['delivery'] } },
	},
];

export const deliveryProperties = { operations, fields };
