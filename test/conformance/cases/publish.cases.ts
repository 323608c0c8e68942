/**
 * Publishing and receiving: what was stored arrives, where it belongs, and nothing else does.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { canonical, event, events, idsOf } from '../events';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

export const publishCases: readonly Case[] = [
	{
		number: 1,
		name: 'publish_subscribe',
		says: 'receives exactly what was published, unchanged, and nothing after close',
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const published = times(100, (n) => event({ payload: { n, text: `event ${n}` }, metadata: { trace: `t${n}` } }));
			const one = await rig.consume({ from: channel });
			await rig.publish(channel, published);
			await until('all 100 are received', () => one.runs.length >= 100);

			assertSame(one.ids.toSorted(), idsOf(published).toSorted());
			const sent = new Map(published.map((each) => [each.event_id, each]));
			for (const run of one.runs) assert.equal(canonical(run.event), canonical(sent.get(run.id)));

			await one.consumer.close(5000);
			await rig.publish(channel, events(5));
			await pause(500);
			assert.equal(one.runs.length, 100);
		},
	},
	{
		number: 6,
		name: 'multiple_topics',
		says: 'gives each of ten channels exactly its own events',
		limitMs: 20_000,
		async run(rig) {
			const channels = times(10, () => rig.channel());
			const consumers = await Promise.all(channels.map(async (from) => await rig.consume({ from })));
			const published = channels.map(() => events(50));
			await Promise.all(channels.map(async (to, index) => await rig.publish(to, published[index] ?? [])));
			await until('all 500 are received', () => consumers.every(({ runs }) => runs.length >= 50), 15_000);
			await pause(200);

			consumers.forEach(({ ids }, index) => {
				assertSame(ids.toSorted(), idsOf(published[index] ?? []).toSorted());
			});
		},
	},
	{
		number: 7,
		name: 'topic_isolation',
		says: 'shows nothing of one channel in another',
		limitMs: 10_000,
		async run(rig) {
			const [a, b] = [rig.channel(), rig.channel()];
			const onB = await rig.consume({ from: b });
			await rig.publish(a, events(10));
			await pause(2000);
			assert.equal(onB.runs.length, 0);
		},
	},
	{
		number: 36,
		name: 'bulk_partial_failure',
		says: 'refuses exactly the oversize entries of a batch, by index and with the reason, and stores the others',
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const tooLong = 'x'.repeat(rig.capabilities.maxBytes + 1);
			const batch = times(10, (n) => event({ payload: n === 3 || n === 7 ? { n, tooLong } : { n } }));
			const outcomes = await rig.tryToPublish(channel, batch);

			const refused = outcomes.flatMap((outcome, index) => (outcome.ok ? [] : [`${index} ${outcome.error.code}`]));
			assertSame(refused, ['3 too-large', '7 too-large']);
			const stored = idsOf(batch.filter((_event, index) => outcomes[index]?.ok));
			await until('the other eight are received', () => one.runs.length >= 8);
			assertSame(one.ids.toSorted(), stored.toSorted());
		},
	},
	{
		number: null,
		name: 'unmatched_publish',
		says: 'succeeds without a listener and says that nobody listens, or that it cannot know',
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const [nobody] = await rig.publish(channel, [event()]);
			assert.notEqual(nobody?.matched, 'yes');
			await rig.consume({ from: channel, types: ['order.*'] });
			const [wanted] = await rig.publish(channel, [event({ type: 'order.created' })]);
			assert.notEqual(wanted?.matched, 'no');
			const [unwanted] = await rig.publish(channel, [event({ type: 'payment.made' })]);
			assert.notEqual(unwanted?.matched, 'yes');
		},
	},
];
