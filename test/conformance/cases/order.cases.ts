/**
 * Order by key: one event of a key at a time, in the order they were published, whatever fails.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { event, idsOf, numberOf } from '../events';
import { fails, failing, type Run } from '../recorder';
import type { Consuming } from '../rig';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

export const orderCases: readonly Case[] = [
	{
		number: 12,
		name: 'order_per_key',
		says: 'starts the events of each key in the order they were published, never two at once',
		needs: ['order'],
		limitMs: 30_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({
				from: channel,
				order: 'key',
				maxInFlight: 8,
				handle: async ({ event: { payload } }) => await pause(JSON.stringify(payload).length % 3),
			});
			await rig.publish(channel, keyed(16, 60));
			await until('all 960 are done', () => one.factsOf('done').length >= 960, 25_000);
			assertInOrder([one], 16, 60);
			assert.ok(one.maxInFlight > 1, 'keys run side by side');
		},
	},
	{
		number: null,
		name: 'order_across_consumers',
		says: 'keeps the order of a key while two consumers of the group share the keys',
		needs: ['order', 'groups'],
		limitMs: 30_000,
		async run(rig) {
			const channel = rig.channel();
			const options = { from: channel, order: 'key', maxInFlight: 4, handle: () => pause(5) } as const;
			const members = [await rig.consume(options), await rig.consume(options)];
			// Seven, so that batches of four do not happen to fall on the same keys every time.
			await rig.publish(channel, keyed(7, 30));
			const done = () => members.flatMap((member) => member.factsOf('done')).length;
			await until('all 210 are done', () => done() >= 210, 25_000);
			assertInOrder(members, 7, 30);
		},
	},
	{
		number: 13,
		name: 'order_kept_under_retry',
		says: 'holds a key while its event is retried, and lets the other keys go on',
		needs: ['order', 'settling'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const isA3 = (run: Run) => keyOf(run) === 'key 0' && numberOf(run.event) === 2;
			const one = await rig.consume({
				from: channel,
				order: 'key',
				retry: { maxAttempts: 5, backoff: { initialMs: 1000, factor: 1, maxMs: 1000, jitter: 0 } },
				handle: failing(2, isA3),
			});
			await rig.publish(channel, keyed(2, 20));
			await until('all 40 are done', () => one.factsOf('done').length >= 40, 15_000);

			const a3 = one.runs.filter(isA3);
			assertSame(
				a3.map(({ delivery }) => delivery.attempt),
				[1, 2, 3],
			);
			const a4 = one.runs.find((run) => keyOf(run) === 'key 0' && numberOf(run.event) === 3);
			assert.ok(one.runs.indexOf(a4 as Run) > one.runs.indexOf(a3[2] as Run), 'A4 starts after A3 succeeded');
			const lastB = one.runs.findLastIndex((run) => keyOf(run) === 'key 1');
			assert.ok(lastB < one.runs.indexOf(a3[2] as Run), 'key B finishes while A waits');
		},
	},
	{
		number: null,
		name: 'ordered_hold',
		says: 'keeps every key in order while every third event fails once',
		needs: ['order', 'settling'],
		limitMs: 30_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({
				from: channel,
				order: 'key',
				maxInFlight: 4,
				handle: failing(1, (run) => numberOf(run.event) % 3 === 0),
			});
			await rig.publish(channel, keyed(4, 15));
			await until('all 60 are done', () => one.factsOf('done').length >= 60, 25_000);
			for (const key of times(4, (n) => `key ${n}`)) {
				const done = one.runs.filter((run) => keyOf(run) === key && run.verdict?.as === 'done');
				assertSame(
					done.map(({ event: each }) => numberOf(each)),
					numbers(15),
				);
			}
			assertNoOverlap(one.runs);
		},
	},
	{
		number: null,
		name: 'held_key_waits_for_redrive',
		says: 'dead-letters the later events of a key behind a dead letter, and runs all in order after a redrive',
		needs: ['order', 'settling', 'completeDeadLetters'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			let broken = true;
			const one = await rig.consume({
				from: channel,
				order: 'key',
				afterDeadLetter: 'hold',
				retry: { maxAttempts: 1, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
				handle: (run) => (broken && keyOf(run) === 'key 0' && numberOf(run.event) === 1 ? fails() : undefined),
			});
			const published = keyed(2, 4);
			await rig.publish(channel, published);
			await until('three dead letters', async () => (await rig.deadLetters(channel)).length === 3);
			await until('the other key is done', () => one.factsOf('done').length === 5);
			const reasons = (await rig.deadLetters(channel)).map(({ deadLetter }) => deadLetter.reason);
			assertSame(reasons, ['max_attempts', 'key_held', 'key_held']);

			broken = false;
			assert.equal(await rig.redrive(channel), 3);
			await until('all are done', () => one.factsOf('done').length === 8);
			const done = one.runs.filter((run) => keyOf(run) === 'key 0' && run.verdict?.as === 'done');
			assertSame(
				done.map(({ event: each }) => numberOf(each)),
				numbers(4),
			);
			assertSame(one.doneIds, idsOf(published).toSorted());
		},
	},
];

/** Events 0, 1, 2, … of each key, the keys interleaved. Times differ, for a redrive goes by the original time. */
function keyed(keys: number, each: number) {
	const start = Date.now();
	return times(keys * each, (index) => {
		const n = Math.floor(index / keys);
		const timestamp = new Date(start + index).toISOString();
		return event({ key: `key ${index % keys}`, payload: { n }, metadata: { timestamp } });
	});
}

function keyOf({ event: { metadata } }: Run): string {
	return metadata.ordering_key ?? '';
}

function numbers(count: number): number[] {
	return times(count, (n) => n);
}

function assertInOrder(consumers: readonly Consuming[], keys: number, each: number): void {
	const runs = consumers.flatMap((consumer) => consumer.runs).sort((a, b) => a.order - b.order);
	for (const key of times(keys, (n) => `key ${n}`)) {
		const ofKey = runs.filter((run) => keyOf(run) === key);
		assertSame(
			ofKey.map(({ event: one }) => numberOf(one)),
			numbers(each),
			key,
		);
	}
	assertNoOverlap(runs);
}

function assertNoOverlap(runs: readonly Run[]): void {
	const byKey = Map.groupBy(runs, keyOf);
	for (const [key, ofKey] of byKey) {
		ofKey.forEach((run, index) => {
			const next = ofKey[index + 1];
			assert.ok(!next || (run.endOrder !== null && run.endOrder < next.order), `two runs of ${key} overlap`);
		});
	}
}
