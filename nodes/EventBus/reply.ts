/**
 * Event → Reply: answers the event that started this run, on the channel where its sender waits.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { checkName } from '../../src/broker/names';
import type { EventEnvelope } from '../../src/event/envelope';
import { EventBusError } from '../../src/kernel/errors';
import { CauseFinder, type Cause } from '../shared/cause';
import { readEvent } from '../shared/eventSettings';
import { newEvent } from '../shared/newEvent';
import { sendEvents } from './sendEvents';
import { readSending } from './settings';

export async function reply(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const causes = new CauseFinder(context);
	const now = Date.now();
	return await sendEvents(context, (item, itemIndex) => {
		const cause = causes.causeOf(item, itemIndex);
		const request = requestOf(cause);
		const settings = readEvent(context, item, itemIndex, now, `${request.event_type}.reply`);
		const channel = checkName('reply channel', request.metadata.reply_to ?? '');
		return {
			event: newEvent(context, settings, cause, itemIndex, now),
			sending: { ...readSending(context, itemIndex, now), to: { kind: 'channel', channel } },
		};
	});
}

function requestOf(cause: Cause): EventEnvelope {
	if (cause.kind !== 'event') {
		throw new EventBusError('settings', 'There is no single event that this item could answer', {
			hint: 'Reply works in a workflow that an Event Bus Trigger started, for items that come from one event each',
		});
	}
	if (typeof cause.event.metadata.reply_to === 'string') return cause.event;
	throw new EventBusError('settings', `The sender of ${cause.event.event_type} does not wait for a reply`, {
		hint: 'Send the event with Publish and Wait for Reply, or answer with Publish',
	});
}
