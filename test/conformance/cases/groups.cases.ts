/**
 * Consumer groups: every group gets every event, members of a group share them, a group's position outlives its members.
 */
import assert from 'node:assert/strict';
import type { StartPosition } from '../../../src/broker/types';
import { toEventBusError } from '../../../src/kernel/errors';
import type { Case } from '../case';
import { event, events, idsOf } from '../events';
import type { Handle } from '../recorder';
import type { ConsumeOptions, Consuming, Rig } from '../rig';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

export const groupsCases: readonly Case[] = [
	{
		number: 8,
		name: 'groups_fan_out',
		says: 'gives every event to every group',
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const groups = await Promise.all(
				['first', 'second'].map(async (group) => await rig.consume({ from: channel, group })),
			);
			const published = idsOf(await publishNumbered(rig, channel, 50)).toSorted();
			await until('both groups receive 50', () => groups.every(({ runs }) => runs.length >= 50));
			await pause(200);
			for (const { ids } of groups) assertSame(ids.toSorted(), published);
		},
	},
	{
		number: 9,
		name: 'competing_consumers',
		says: 'shares the events among the consumers of a group: each event runs in one of them, each gets some',
		needs: ['groups'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			// No run ends before every member has one: however fast a member is, it cannot take them all.
			const handle: Handle = async () =>
				await until('every member gets some', () => members.every(({ runs }) => runs.length >= 1), 15_000);
			const members: readonly Consuming[] = await Promise.all(
				times(3, async () => await rig.consume({ from: channel, maxInFlight: 5, handle })),
			);
			const published = await publishNumbered(rig, channel, 300);
			const all = () => members.flatMap(({ ids }) => ids);
			await until('all 300 have run', () => all().length >= 300, 15_000);
			await pause(300);

			assertSame(all().toSorted(), idsOf(published).toSorted());
			for (const { runs } of members) assert.ok(runs.length >= 1, 'every member gets some');
		},
	},
	{
		number: null,
		name: 'member_without_inbox_gets_no_double',
		says: 'hands a delivery to one member only, without the help of de-duplication',
		needs: ['groups', 'settling'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const options: ConsumeOptions = { from: channel, deduplicateMs: 0, maxInFlight: 5, handle: () => pause(20) };
			const members = [await rig.consume(options), await rig.consume(options)];
			const published = await publishNumbered(rig, channel, 100);
			const all = () => members.flatMap(({ ids }) => ids);
			await until('all 100 have run', () => new Set(all()).size >= 100, 15_000);
			await pause(300);
			assertSame(all().toSorted(), idsOf(published).toSorted());
		},
	},
	{
		number: 10,
		name: 'durable_offline_subscriber',
		says: 'keeps for a group what is published while nobody reads it',
		needs: ['durable'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const first = await rig.consume({ from: channel });
			await rig.publish(channel, events(3));
			await until('the group has read', () => first.factsOf('done').length === 3);
			await first.consumer.close(5000);
			const missed = await publishNumbered(rig, channel, 20);
			const second = await rig.consume({ from: channel });
			await until('the 20 are received', () => second.runs.length >= 20);
			await pause(200);
			assertSame(second.ids.toSorted(), idsOf(missed).toSorted());
		},
	},
	{
		number: 11,
		name: 'start_position',
		says: 'starts a new group at the earliest event, or at the next one, as asked',
		needs: ['history'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			// A broker that keeps nothing without a group keeps the history for this one.
			await rig.consume({ from: channel, group: 'keeper' });
			const history = await publishNumbered(rig, channel, 20);
			await pause(50);
			const between = Date.now();
			const early = await rig.consume({ from: channel, group: 'early', start: { at: 'earliest' } });
			const late = await rig.consume({ from: channel, group: 'late', start: { at: 'latest' } });
			await pause(50);
			const fresh = await publishNumbered(rig, channel, 5);
			const timed = await startWhereAble(rig, { from: channel, group: 'timed', start: { at: 'time', time: between } });
			await until('the history is received', () => early.runs.length >= 25);
			await until('the new ones are received', () => late.runs.length >= 5);
			if (timed) await until('those since a time are received', () => timed.runs.length >= 5);
			await pause(200);

			assertSame(early.ids.toSorted(), idsOf([...history, ...fresh]).toSorted());
			assertSame(late.ids.toSorted(), idsOf(fresh).toSorted());
			if (timed) assertSame(timed.ids.toSorted(), idsOf(fresh).toSorted());
		},
	},
	{
		number: null,
		name: 'replay_is_no_duplicate',
		says: 'runs the history again when a group is set back, although the inbox remembers it',
		needs: ['history', 'durable'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const first = await rig.consume({ from: channel });
			const published = await publishNumbered(rig, channel, 10);
			await until('all are done', () => first.factsOf('done').length === 10);
			await first.consumer.close(5000);
			const again = await rig.consume({ from: channel, start: { at: 'earliest' } });
			await until('all are done again', () => again.factsOf('done').length === 10);
			assertSame(again.ids.toSorted(), idsOf(published).toSorted());
		},
	},
	{
		number: null,
		name: 'idle_group_keeps_position',
		says: 'keeps the start of a group that stopped before it received anything',
		needs: ['durable'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const idle = await rig.consume({ from: channel, start: { at: 'committed', otherwise: { at: 'latest' } } });
			await idle.consumer.close(1000);
			const missed = await publishNumbered(rig, channel, 20);
			const back = await rig.consume({ from: channel, start: { at: 'committed', otherwise: { at: 'latest' } } });
			await until('the 20 are received', () => back.runs.length >= 20);
			assertSame(back.ids.toSorted(), idsOf(missed).toSorted());
		},
	},
	{
		number: null,
		name: 'group_filter_conflict',
		says: 'refuses a second reader with other types, or runs every event in exactly one of them',
		needs: ['groups'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const orders = await rig.consume({ from: channel, types: ['order.*'] });
			const other = await rig.consume({ from: channel, types: ['payment.*'] }).catch((error: unknown) => {
				assert.equal(toEventBusError(error, 'subscribing').code, 'conflict');
				return null;
			});
			const published = [...events(10, { type: 'order.created' }), ...events(10, { type: 'payment.made' })];
			await rig.publish(channel, published);
			const wanted = idsOf(other ? published : published.slice(0, 10));
			const ran = () => [...orders.ids, ...(other?.ids ?? [])];
			await until('every wanted event runs', () => ran().length >= wanted.length);
			await pause(300);
			assertSame(ran().toSorted(), wanted.toSorted());
		},
	},
	{
		number: null,
		name: 'group_types_may_change',
		says: 'lets the only member of a group come back with other types, and drops the old ones',
		needs: ['durable'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const before = await rig.consume({ from: channel, types: ['order.*'] });
			await before.consumer.close(1000);
			const after = await rig.consume({ from: channel, types: ['payment.*'] });
			const payment = event({ type: 'payment.made' });
			await rig.publish(channel, [event({ type: 'order.created' }), payment]);
			await until('the new type is received', () => after.runs.length >= 1);
			await pause(300);
			assertSame(after.ids, [payment.event_id]);
		},
	},
	{
		number: 33,
		name: 'manual_test_run',
		says: 'takes one event for a test run, leaves the live group as it is, and stops cleanly',
		needs: ['topology'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const live = await rig.consume({ from: channel });
			const keepsPosition = rig.capabilities.start.has('committed');
			if (keepsPosition) await live.consumer.close(1000);
			const test = await rig.consume({
				from: channel,
				group: 'group.test',
				lifetime: 'ephemeral',
				start: { at: 'latest' },
				maxInFlight: 1,
			});
			const published = await publishNumbered(rig, channel, 3);
			await until('the test run has one', () => test.runs.length >= 1);
			await test.consumer.close(1000);

			assert.equal((await rig.groupState(channel))?.backlog ?? 3, 3);
			await until('the test group is gone', async () => (await rig.groupState(channel, 'group.test')) === null);
			const back = keepsPosition ? await rig.consume({ from: channel }) : live;
			await until('the live group gets all three', () => back.runs.length >= 3);
			assertSame(back.ids.toSorted(), idsOf(published).toSorted());
		},
	},
];

async function publishNumbered(rig: Rig, channel: ConsumeOptions['from'], count: number) {
	const published = times(count, (n) => event({ payload: { n } }));
	await rig.publish(channel, published);
	return published;
}

async function startWhereAble(rig: Rig, options: ConsumeOptions & { readonly start: StartPosition }) {
	return rig.capabilities.start.has(options.start.at) ? await rig.consume(options) : null;
}
