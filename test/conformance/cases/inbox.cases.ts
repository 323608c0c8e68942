/**
 * De-duplication: no event has two completed runs, and no failed run makes an event look processed.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { event, events } from '../events';
import { failing } from '../recorder';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

export const inboxCases: readonly Case[] = [
	{
		number: 35,
		name: 'dedup_by_source_and_id',
		says: 'runs an event that was published five times once, and another source with the same id as well',
		needs: ['settling', 'copies'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({
				from: channel,
				leaseMs: 1000,
				handle: failing(1, (run) => run.event.event_type === 'order.unlucky'),
			});
			const same = event({ source: 'shop-a' });
			const unlucky = event({ type: 'order.unlucky' });
			const namesake = event({ id: same.event_id, source: 'shop-b' });
			await rig.publish(channel, [...times(5, () => same), ...times(5, () => unlucky), namesake]);
			const settled = () => one.factsOf('done').length + one.factsOf('duplicate').length;
			await until('all eleven are settled', () => settled() === 11, 9000);
			const done = one.factsOf('done').map(({ event: { source, event_type: type } }) => `${source} ${type}`);
			assertSame(done.toSorted(), ['conformance order.unlucky', 'shop-a order.created', 'shop-b order.created']);
			const attempts = one.runsOf(unlucky.event_id).map(({ delivery }) => delivery.attempt);
			assertSame(attempts, [1, 2], 'the attempt after a failed one is no duplicate');
		},
	},
	{
		number: null,
		name: 'busy_is_deferred',
		says: 'puts a second delivery off while the first runs, and neither acknowledges nor counts it',
		needs: ['settling', 'copies'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const finish = Promise.withResolvers<void>();
			const one = await rig.consume({ from: channel, leaseMs: 600, handle: () => finish.promise });
			const same = event();
			await rig.publish(channel, [same]);
			await until('it runs', () => one.runs.length === 1);
			await rig.publish(channel, [same]);
			await until('the second is put off', () => one.factsOf('deferred').length >= 1);
			await pause(800);
			assert.equal(one.runs.length, 1);
			assert.equal(one.factsOf('duplicate').length, 0);
			finish.resolve();
			await until('the second is a duplicate', () => one.factsOf('duplicate').length === 1);
			assert.equal(one.runs.length, 1);
			assert.ok(one.factsOf('deferred').every(({ delivery }) => delivery.attempt === 1));
		},
	},
	{
		number: null,
		name: 'waiting_run_handed_over',
		says: 'acknowledges an event whose run waits, once, and frees its key',
		needs: ['order', 'settling', 'copies'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const waits = event({ type: 'order.waits', key: 'a' });
			const next = event({ key: 'a' });
			const one = await rig.consume({
				from: channel,
				order: 'key',
				handle: ({ id }) => ({ as: id === waits.event_id ? 'handed-over' : 'done' }),
			});
			await rig.publish(channel, [waits, next]);
			await until('the next of its key is done', () => one.factsOf('done').length === 1);
			assert.equal(one.factsOf('handed-over').length, 1);
			await one.consumer.close(1000);
			const second = await rig.consume({ from: channel, order: 'key' });
			await rig.publish(channel, [waits]);
			await until('it is known as processed', () => second.factsOf('duplicate').length === 1);
			assert.equal(second.runs.length, 0);
		},
	},
	{
		number: null,
		name: 'foreign_equal_bodies',
		says: 'runs two messages with equal bytes twice, and one message that comes twice under one id',
		needs: ['settling'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel, handle: failing(1) });
			await rig.publishRaw(channel, ['{"order":7}', '{"order":7}'], { 'content-type': 'application/json' });
			await until('both are done', () => one.factsOf('done').length === 2);
			await pause(300);
			assert.equal(one.runs.length, 4);
			const runsById = Map.groupBy(one.runs, ({ id }) => id);
			assertSame(
				[...runsById.values()].map((runs) => runs.map(({ delivery }) => delivery.attempt)),
				[
					[1, 2],
					[1, 2],
				],
			);
		},
	},
	{
		number: null,
		name: 'two_groups_two_inboxes',
		says: 'remembers a processed event for its group only',
		needs: ['groups', 'settling'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const groups = [
				await rig.consume({ from: channel, group: 'one' }),
				await rig.consume({ from: channel, group: 'two' }),
			];
			await rig.publish(channel, events(10));
			await until('both groups are done', () => groups.every((group) => group.factsOf('done').length === 10));
		},
	},
];
