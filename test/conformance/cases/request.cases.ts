/**
 * Request and reply over the bus.
 */
import assert from 'node:assert/strict';
import { createEvent } from '../../../src/event/createEvent';
import type { EventEnvelope } from '../../../src/event/envelope';
import { toEventBusError } from '../../../src/kernel/errors';
import { replyChannelOf, requestReply } from '../../../src/publisher/requestReply';
import type { Case } from '../case';
import { canonical, numberOf } from '../events';
import type { Channel, Rig } from '../rig';
import { assertSame } from '../same';
import { times } from '../waiting';

export const requestCases: readonly Case[] = [
	{
		number: null,
		name: 'request_reply',
		says: 'gives each of twenty concurrent requests its own reply',
		needs: ['replies'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			await rig.consume({
				from: channel,
				handle: async ({ event: request }) => {
					const to = { kind: 'channel', channel: request.metadata.reply_to ?? '' } as const;
					const payload = { n: numberOf(request) * 2 };
					await rig.publish(to, [createEvent({ type: 'price.told', payload }, context(request))]);
				},
			});
			const replies = await Promise.all(times(20, async (n) => await ask(rig, channel, n, 10_000)));
			assertSame(
				replies.map((reply) => canonical(reply.payload)),
				times(20, (n) => `{"n":${n * 2}}`),
			);
		},
	},
	{
		number: null,
		name: 'request_without_reply',
		says: 'ends a request that nobody answers with a timeout',
		needs: ['replies'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const code = await ask(rig, channel, 1, 500).then(
				() => 'replied',
				(error: unknown) => toEventBusError(error, 'asking').code,
			);
			assert.equal(code, 'timeout');
		},
	},
];

async function ask(rig: Rig, { channel }: Channel, n: number, replyTimeoutMs: number): Promise<EventEnvelope> {
	rig.owns(replyChannelOf(channel));
	const draft = { type: 'price.asked', payload: { n }, replyTo: replyChannelOf(channel) };
	return await requestReply(await rig.connection(), channel, createEvent(draft, context(null)), {
		...rig.call(),
		format: 'event-bus',
		provision: 'create',
		capabilities: rig.capabilities,
		replyTimeoutMs,
	});
}

function context(cause: EventEnvelope | null) {
	return { now: Date.now(), defaultSource: 'conformance', cause };
}
