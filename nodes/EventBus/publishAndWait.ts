/**
 * Event → Publish and Wait for Reply. The requests of all items wait side by side.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { replyChannelOf, requestReply } from '../../src/publisher/requestReply';
import { CauseFinder } from '../shared/cause';
import { eventItem } from '../shared/items';
import { treatOne } from '../shared/eachItem';
import { trailPublished } from '../shared/trail';
import { withLink } from './link';
import { readEvent } from '../shared/eventSettings';
import { newEvent } from '../shared/newEvent';
import { readChannel, readReplyTimeoutMs, readSending } from './settings';

export async function publishAndWait(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const causes = new CauseFinder(context);
	const now = Date.now();
	return await withLink(context, async ({ broker, connection, call }) => {
		const ask = async (item: INodeExecutionData, itemIndex: number): Promise<INodeExecutionData[]> => {
			const channel = readChannel(context, itemIndex);
			const { provision, headers } = readSending(context, itemIndex, now);
			const settings = readEvent(context, item, itemIndex, now);
			const event = newEvent(context, settings, causes.causeOf(item, itemIndex), itemIndex, now);
			const request = { ...event, metadata: { ...event.metadata, reply_to: replyChannelOf(channel) } };
			const at = Date.now();
			const reply = await requestReply(connection, channel, request, {
				...call,
				replyTimeoutMs: readReplyTimeoutMs(context, itemIndex),
				format: 'event-bus',
				provision,
				headers,
				onStored: (stored) => trailPublished(stored, { broker: broker.manifest.kind, channel, at }),
				capabilities: broker.manifest.capabilities,
			});
			return [eventItem(reply, itemIndex)];
		};
		const answers = await Promise.all(
			context
				.getInputData()
				.map(async (item, itemIndex) => await treatOne(context, itemIndex, async () => await ask(item, itemIndex))),
		);
		return answers.flat();
	});
}
