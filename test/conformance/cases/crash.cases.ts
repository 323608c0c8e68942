/**
 * kill -9: of a consumer, of a publisher, in mid-work. Child processes are killed, so no clean-up of ours can help.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { event, events, idsOf, missingIn } from '../events';
import { failing } from '../recorder';
import { longestPauseDuring } from '../eventLoop';
import { assertSame } from '../same';
import { pause, until } from '../waiting';

const LEASE_MS = 2000;

export const crashCases: readonly Case[] = [
	{
		number: 3,
		name: 'publish_resolves_after_confirm_publisher_killed',
		says: 'has stored every event whose publish resolved before the publisher was killed',
		needs: ['processes', 'settling'],
		limitMs: 60_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel, maxInFlight: 50 });
			const publisher = await rig.childPublisher(channel);
			await until('200 publishes resolved', () => publisher.stored.length >= 200, 30_000);
			await publisher.kill();
			await until('each of them is received', () => missingIn(one.doneIds, publisher.stored) === 0, 20_000);
		},
	},
	{
		number: 24,
		name: 'attempts_survive_restart',
		says: 'goes on counting where a killed consumer stopped, and still honours the maximum',
		// Without a copy that carries it, the count is in the inbox, and here that goes with the process.
		needs: ['processes', 'settling', 'retry', 'completeDeadLetters'],
		limitMs: 60_000,
		async run(rig) {
			const channel = rig.channel();
			const retry = { maxAttempts: 4, backoff: { initialMs: 500, factor: 1, maxMs: 500, jitter: 0 } };
			const child = await rig.childConsumer({
				from: channel,
				leaseMs: LEASE_MS,
				retry,
				work: { as: 'fail', workMs: 0 },
			});
			await rig.publish(channel, events(1));
			await until('two attempts failed', () => child.ended.length >= 2, 20_000);
			// In the pause before the third attempt, with the second one settled.
			await pause(200);
			await child.kill();
			const failed = child.ended.length;

			const heir = await rig.consume({ from: channel, leaseMs: LEASE_MS, retry, handle: failing(10) });
			await until('it is a dead letter', async () => (await rig.deadLetters(channel)).length === 1, 30_000);
			const attempts = heir.runs.map(({ delivery }) => delivery.attempt);
			assertSame(attempts, [1, 2, 3, 4].slice(failed));
			const [item] = await rig.deadLetters(channel);
			assert.equal(item?.deadLetter.attempts, 4);
		},
	},
	{
		number: 25,
		name: 'crash_before_ack',
		says: 'gives what a killed consumer had in flight to another one within the lease and five seconds',
		needs: ['processes', 'settling'],
		limitMs: 60_000,
		async run(rig) {
			const channel = rig.channel();
			const work = { as: 'hang', workMs: 0 } as const;
			const child = await rig.childConsumer({ from: channel, leaseMs: LEASE_MS, maxInFlight: 5, work });
			const published = events(20);
			await rig.publish(channel, published);
			await until('five are in flight', () => child.started.length === 5, 20_000);
			await child.kill();
			const killedAt = Date.now();
			const heir = await rig.consume({ from: channel, leaseMs: LEASE_MS });
			await until('all 20 are done', () => heir.doneIds.length === 20, LEASE_MS + 10_000);
			const inFlight = new Set(child.started.map(({ id }) => id));
			const last = Math.max(...heir.runs.filter(({ id }) => inFlight.has(id)).map(({ startedAt }) => startedAt));
			assert.ok(last - killedAt <= LEASE_MS + 5000, `the last came ${last - killedAt} ms after the kill`);
			assertSame(heir.ids.toSorted(), idsOf(published).toSorted());
			assert.ok(
				heir.runs.every(({ delivery }) => delivery.attempt === 1),
				'a run that was cut is no failed run',
			);
		},
	},
	{
		number: null,
		name: 'ephemeral_leaves_nothing',
		says: 'removes an ephemeral group by itself after its only reader was killed',
		needs: ['processes', 'topology', 'groups'],
		limitMs: 90_000,
		async run(rig) {
			const channel = rig.channel();
			const child = await rig.childConsumer({
				from: channel,
				group: 'test',
				lifetime: 'ephemeral',
				start: { at: 'latest' },
				leaseMs: LEASE_MS,
				work: { as: 'hang', workMs: 0 },
			});
			await rig.publish(channel, events(3));
			await until('it runs', () => child.started.length > 0, 20_000);
			assert.notEqual(await rig.groupState(channel, 'test'), null);
			await child.kill();
			const gone = async () => (await rig.groupState(channel, 'test')) === null;
			await until('the group is gone', gone, rig.broker.features.ephemeralGoneMs);
		},
	},
	{
		number: null,
		name: 'embedded_lock_does_not_block',
		says: 'never blocks the event loop while another process holds the lock of the storage, and loses nothing',
		needs: ['storageLock'],
		limitMs: 40_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel, maxInFlight: 20 });
			const published: string[] = [];
			const publishFor = async (ms: number) => {
				const end = Date.now() + ms;
				while (Date.now() < end) {
					const each = event();
					published.push(each.event_id);
					await rig.publish(channel, [each]);
				}
			};
			let best = Infinity;
			// A busy machine pauses everybody now and then; a lock that blocks does so every time.
			for (let round = 0; round < 4 && best > 20; round += 1) {
				const usual = await longestPauseDuring(async () => await publishFor(1000));
				const locked = await longestPauseDuring(async () => {
					await Promise.all([rig.broker.features.lockStorage?.(1500), publishFor(2000)]);
				});
				best = Math.min(best, locked, Math.max(0, locked - usual));
			}
			assert.ok(best <= 20, `the event loop stood still for ${best} ms`);
			await until('everything is received', () => one.doneIds.length === published.length, 15_000);
			assertSame(one.doneIds, published.toSorted());
		},
	},
];
