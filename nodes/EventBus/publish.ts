/**
 * Event → Publish.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { CauseFinder } from '../shared/cause';
import { readEvent } from '../shared/eventSettings';
import { newEvent } from '../shared/newEvent';
import { sendEvents } from './sendEvents';
import { readSending } from './settings';

export async function publish(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const causes = new CauseFinder(context);
	const now = Date.now();
	return await sendEvents(context, (item, itemIndex) => ({
		event: newEvent(context, readEvent(context, item, itemIndex, now), causes.causeOf(item, itemIndex), itemIndex, now),
		sending: readSending(context, itemIndex, now),
	}));
}
