/**
 * Failed runs: counted exactly, tried again never too early, without holding up anybody else.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { event, events, idsOf, numberOf } from '../events';
import { failing, fails, type Run } from '../recorder';
import type { ConsumeOptions, Rig } from '../rig';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

const SCHEDULE = { maxAttempts: 5, backoff: { initialMs: 500, factor: 2, maxMs: 2000, jitter: 0 } };

export const retryCases: readonly Case[] = [
	{
		number: 16,
		name: 'redeliver_on_failure',
		says: 'runs a failed event again as attempt 2, and every other event once',
		needs: ['settling'],
		limitMs: 20_000,
		run: async (rig) => await redeliverOnFailure(rig, {}),
	},
	{
		number: null,
		name: 'attempts_travel_with_the_message',
		says: 'counts attempts right without an inbox: the retry copy carries them',
		needs: ['settling'],
		limitMs: 20_000,
		run: async (rig) => await redeliverOnFailure(rig, { deduplicateMs: 0 }),
	},
	{
		number: 17,
		name: 'retry_backoff_schedule',
		says: 'runs a failing event after 0.5, 1 and 2 s: never earlier, and soon after',
		needs: ['settling'],
		limitMs: 20_000,
		async run(rig) {
			const [a, b] = [rig.channel(), rig.channel()];
			// With and without the inbox, which could hide a broker that hands out too early.
			const consumers = [
				await rig.consume({ from: a, retry: SCHEDULE, handle: failing(3) }),
				await rig.consume({ from: b, retry: SCHEDULE, handle: failing(3), deduplicateMs: 0 }),
			];
			await Promise.all([rig.publish(a, events(2)), rig.publish(b, events(2))]);
			await until('all are done', () => consumers.every((one) => one.factsOf('done').length === 2), 15_000);
			const lateByMs = rig.capabilities.delayToleranceMs + 1500;
			for (const { runs } of consumers) {
				for (const ofOne of Map.groupBy(runs, ({ id }) => id).values()) assertSchedule(ofOne, lateByMs);
			}
		},
	},
	{
		number: 18,
		name: 'retry_does_not_block_others',
		says: 'goes on with 50 good events while one waits ten seconds for its next attempt',
		needs: ['retry'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const poison = event({ type: 'order.poison' });
			const one = await rig.consume({
				from: channel,
				maxInFlight: 1,
				retry: { maxAttempts: 5, backoff: { initialMs: 10_000, factor: 1, maxMs: 10_000, jitter: 0 } },
				handle: ({ id }) => (id === poison.event_id ? fails() : undefined),
			});
			await rig.publish(channel, [poison, ...events(50)]);
			await until('all 50 good ones are done', () => one.factsOf('done').length === 50, 5000);
			assert.equal(one.runsOf(poison.event_id).length, 1);
		},
	},
	{
		number: 22,
		name: 'outcomes',
		says: 'puts every event where its verdict says: done, again after a second, dead letter, handed over',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const error = { name: 'Rejected', message: 'not for us', retryable: true };
			const one = await rig.consume({
				from: channel,
				handle: ({ event: { event_type: type }, delivery: { attempt } }) => {
					if (type === 'end.retry' && attempt === 1) return { ...fails(), delayMs: 1000 } as ReturnType<typeof fails>;
					if (type === 'end.reject') return { as: 'dead-letter', reason: 'rejected', error };
					return { as: type === 'end.wait' ? 'handed-over' : 'done' };
				},
			});
			const published = ['end.done', 'end.retry', 'end.reject', 'end.wait'].map((type) => events(5, { type }));
			const [done = [], retried = [], rejected = [], waiting = []] = published.map(idsOf);
			await rig.publish(channel, published.flat());
			await until('15 are settled', () => one.doneIds.length === 15);
			await until('5 are dead letters', async () => (await rig.deadLetters(channel)).length === 5);

			assertSame(one.doneIds, [...done, ...retried, ...waiting].toSorted());
			const dead = await rig.deadLetters(channel);
			assertSame(dead.map(({ event: each }) => each?.event_id).toSorted(), rejected.toSorted());
			assert.ok(dead.every(({ deadLetter }) => deadLetter.reason === 'rejected'));
			assert.equal(one.runs.length, 25);
			for (const id of retried) {
				const [first, second] = one.runsOf(id);
				assert.ok(Number(second?.startedAt) - Number(first?.startedAt) >= 1000, 'not before the second is over');
			}
		},
	},
	{
		number: null,
		name: 'release_is_free',
		says: 'delivers a message that was given back 50 times, still as attempt 1',
		needs: ['settling'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const bare = await rig.subscribe(channel, { maxInFlight: 1, batch: { size: 1, waitMs: 0 } });
			await rig.publish(channel, events(1));
			let released = 0;
			for await (const [delivery] of bare.batches()) {
				if (!delivery) continue;
				await bare.settle([{ delivery, as: 'release' }], rig.call());
				released += 1;
				if (released === 50) break;
			}
			await bare[Symbol.asyncDispose]();
			const one = await rig.consume({ from: channel });
			await until('it runs', () => one.runs.length === 1);
			assert.equal(one.runs[0]?.delivery.attempt, 1);
		},
	},
];

async function redeliverOnFailure(rig: Rig, options: Partial<ConsumeOptions>): Promise<void> {
	const channel = rig.channel();
	const isUnlucky = (run: Run) => numberOf(run.event) === 17 || numberOf(run.event) === 42;
	const one = await rig.consume({ from: channel, ...options, handle: failing(1, isUnlucky) });
	await rig.publish(channel, events(100));
	await until('all 100 are done', () => one.factsOf('done').length >= 100, 15_000);
	await pause(200);
	const attempts = one.factsOf('done').map(({ event: each, delivery }) => [numberOf(each), delivery.attempt]);
	assertSame(
		attempts.toSorted(([a = 0], [b = 0]) => a - b),
		times(100, (n) => [n, n === 17 || n === 42 ? 2 : 1]),
	);
	assert.equal(one.runs.length, 102);
}

function assertSchedule(runs: readonly Run[], lateByMs: number): void {
	assertSame(
		runs.map(({ delivery }) => delivery.attempt),
		[1, 2, 3, 4],
	);
	[500, 1000, 2000].forEach((wantedMs, index) => {
		const gapMs = Number(runs[index + 1]?.startedAt) - Number(runs[index]?.endedAt);
		assert.ok(gapMs >= wantedMs, `attempt ${index + 2} came after ${gapMs} ms, before its ${wantedMs} ms`);
		assert.ok(gapMs <= wantedMs + lateByMs, `attempt ${index + 2} came ${gapMs - wantedMs} ms late`);
	});
}
