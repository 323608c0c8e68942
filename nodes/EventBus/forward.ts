/**
 * Event → Forward: an item that is an event goes out unchanged. The bridge between channels and brokers.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import { eventOf } from '../shared/items';
import { forwarder } from '../shared/trail';
import { type Outgoing, sendEvents } from './sendEvents';
import { readSending } from './settings';

export async function forward(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const now = Date.now();
	const prepare = (item: INodeExecutionData, itemIndex: number): Outgoing => {
		const event = eventOf(item.json);
		if (event) return { event, sending: readSending(context, itemIndex, now) };
		throw new EventBusError('settings', 'The item is not an event', {
			hint: 'Forward needs the items of an Event Bus Trigger (Output: Event). To make an event of an item, use Publish.',
		});
	};
	return await sendEvents(context, prepare, forwarder(context));
}
