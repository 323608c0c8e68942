/**
 * What exists on the broker: made once, refused when it is missing and may not be made, removed without a trace.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { toEventBusError } from '../../../src/kernel/errors';
import type { Case } from '../case';
import { event, events } from '../events';
import { assertSame } from '../same';
import { until } from '../waiting';

export const topologyCases: readonly Case[] = [
	{
		number: 4,
		name: 'publish_unroutable_rejects',
		says: 'refuses a publish to what does not exist and may not be made, quickly, and makes nothing',
		needs: ['targets'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const startedAt = Date.now();
			const code = await rig.tryToPublish(channel, [event()], { provision: 'verify' }).then(
				([outcome]) => (outcome?.ok === false ? outcome.error.code : 'stored'),
				(error: unknown) => toEventBusError(error, 'publishing').code,
			);
			assert.equal(code, 'not-found');
			assert.ok(Date.now() - startedAt < 5000);
			if (rig.capabilities.topology.has('inspect')) assert.equal((await rig.inspect(channel)).exists, false);
			const refused = await rig.consume({ from: channel, provision: 'verify' }).then(
				() => 'subscribed',
				(error: unknown) => toEventBusError(error, 'subscribing').code,
			);
			assert.equal(refused, 'not-found');
		},
	},
	{
		number: 5,
		name: 'provision_idempotent',
		says: 'finds everything as it is when it starts again with the same settings, also without the right to make it',
		needs: ['topology', 'targets'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const shape = async () => {
				const { exists, groups } = await rig.inspect(channel);
				return { exists, groups: groups.map(({ group, types, lifetime }) => ({ group, types, lifetime })) };
			};
			await (await rig.consume({ from: channel })).consumer.close(1000);
			const first = await shape();
			await (await rig.consume({ from: channel })).consumer.close(1000);
			assertSame(await shape(), first);
			const verified = await rig.consume({ from: channel, provision: 'verify' });
			await rig.publish(channel, [event()], { provision: 'verify' });
			await until('it is received', () => verified.runs.length === 1);
			assertSame(first, { exists: true, groups: [{ group: 'group', types: ['#'], lifetime: 'durable' }] });
		},
	},
	{
		number: null,
		name: 'topology_plan_and_apply',
		says: 'plans without doing, does what it planned, and has nothing left to plan',
		needs: ['topology', 'targets'],
		limitMs: 20_000,
		async run(rig) {
			if (!rig.capabilities.topology.has('delete')) return;
			const channel = rig.channel();
			const { topology } = await rig.connection();
			const present = { present: [channel], absent: [] };
			const creation = await topology.plan(present, rig.call());
			assert.ok(creation.length > 0 && creation.every(({ destructive }) => !destructive));
			assert.equal((await rig.inspect(channel)).exists, false);
			await topology.apply(creation, rig.call());
			await topology.apply(creation, rig.call());
			assert.equal((await rig.inspect(channel)).exists, true);
			assert.ok((await topology.channels(rig.call())).includes(channel.channel));
			assertSame(await topology.plan(present, rig.call()), []);

			await (await rig.consume({ from: channel })).consumer.close(1000);
			await rig.publish(channel, [event()]);
			const absent = { present: [], absent: [{ kind: 'group', of: channel, group: 'group' } as const, channel] };
			const removal = await topology.plan(absent, rig.call());
			assert.ok(
				removal.some(({ destructive }) => destructive),
				'what loses messages says so',
			);
			await topology.apply(removal, rig.call());
			assert.equal((await rig.inspect(channel)).exists, false);
		},
	},
	{
		number: null,
		name: 'status_tells_the_truth',
		says: 'tells how many messages wait, are in flight and are dead, and who reads them',
		needs: ['topology', 'settling', 'completeDeadLetters'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const finish = Promise.withResolvers<void>();
			const one = await rig.consume({
				from: channel,
				types: ['order.*'],
				maxInFlight: 2,
				handle: () => finish.promise,
			});
			await rig.publish(channel, events(5));
			await until('two run', () => one.runs.length === 2);
			const state = await rig.groupState(channel);
			assertSame(state?.types, ['order.*']);
			assert.equal(state?.consumers ?? 1, 1);
			// null: the broker does not tell.
			assert.equal((state?.backlog ?? 3) + (state?.inFlight ?? 2), 5);
			assert.equal(state?.deadLetters ?? 0, 0);
			finish.resolve();
			await until('all are done', () => one.factsOf('done').length === 5);
			await until('nothing waits', async () => !(await rig.groupState(channel))?.backlog);
			const health = await (await rig.connection()).health(rig.call());
			assert.equal(health.status, 'up');
		},
	},
	{
		number: null,
		name: 'retention_announced',
		says: 'says when an unread group will be removed, and counts what retention took from it',
		needs: ['topology', 'retention'],
		limitMs: 60_000,
		async run(rig) {
			const retentionMs = rig.broker.features.retentionMs ?? 0;
			const channel = rig.channel();
			await (await rig.consume({ from: channel, retentionMs })).consumer.close(1000);
			await rig.publish(channel, events(5));
			const before = await rig.groupState(channel);
			assert.equal(before?.backlog, 5);
			assert.ok(Number(before.removedAt) <= Date.now() + retentionMs, 'the end is announced');
			await sleep(retentionMs);
			await until(
				'the group is gone, or its loss is counted',
				async () => {
					const after = await rig.groupState(channel);
					return after === null || (after.expired === 5 && after.backlog === 0);
				},
				20_000,
			);
		},
	},
];
