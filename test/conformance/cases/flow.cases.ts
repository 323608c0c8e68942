/**
 * How much goes on at once: the cap on runs, backpressure, batches, the circuit breaker.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { events } from '../events';
import { fails } from '../recorder';
import { pause, until } from '../waiting';

export const flowCases: readonly Case[] = [
	{
		number: 14,
		name: 'concurrency_limit',
		says: 'runs five at once when Max In Flight is five: not more, and not less while there is work',
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel, maxInFlight: 5, handle: () => pause(100) });
			await rig.publish(channel, events(50));
			await until('all 50 are done', () => one.factsOf('done').length >= 50, 9000);
			assert.equal(one.maxInFlight, 5);
		},
	},
	{
		number: 15,
		name: 'no_delivery_before_ack',
		says: 'starts the next event only when the one before is settled, at a limit of one',
		needs: ['settling'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const first = Promise.withResolvers<void>();
			const one = await rig.consume({ from: channel, maxInFlight: 1, handle: () => first.promise });
			await rig.publish(channel, events(2));
			await until('the first starts', () => one.runs.length === 1);
			await pause(500);
			assert.equal(one.runs.length, 1);
			first.resolve();
			await until('the second starts', () => one.runs.length === 2, 5000);
		},
	},
	{
		number: null,
		name: 'batch_is_one_run',
		says: 'hands a batch to one run, waits for it to fill, and settles each event by its own verdict',
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const failed = new Set<string>();
			const one = await rig.consume({
				from: channel,
				batch: { size: 10, waitMs: 500 },
				maxInFlight: 1,
				handle: ({ id, event: { payload } }) => {
					if (JSON.stringify(payload) !== '{"n":3}' || failed.has(id)) return;
					failed.add(id);
					return fails();
				},
			});
			await rig.publish(channel, events(20));
			await until('all 20 are done', () => one.factsOf('done').length >= 20);
			assert.ok(Math.max(...one.batchSizes) > 1, 'events came in batches');
			assert.ok(Math.max(...one.batchSizes) <= 10, 'no batch is larger than asked');
			assert.equal(one.runs.length, 21);
		},
	},
	{
		number: 44,
		name: 'circuit_opens',
		says: 'tries one event per interval after ten failures in a row, and all again after the first success',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 30_000,
		async run(rig) {
			const channel = rig.channel();
			let broken = true;
			const one = await rig.consume({
				from: channel,
				maxInFlight: 2,
				retry: { maxAttempts: 1, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } },
				circuit: { failures: 10, probeMs: 1000 },
				handle: async () => {
					await pause(20);
					return broken ? fails() : undefined;
				},
			});
			await rig.publish(channel, events(60));
			await until('the circuit opens', () => one.factsOf('circuit-open').length === 1);
			await pause(1500);
			const during = one.runs.length;
			assert.ok(during <= 12, `${during} runs although ten failures in a row were enough`);
			broken = false;
			await until('the circuit closes', () => one.factsOf('circuit-closed').length === 1);
			const settled = () => one.factsOf('done').length + one.factsOf('dead-letter').length;
			await until('everything is settled', () => settled() === 60, 20_000);
			const dead = (await rig.deadLetters(channel)).length;
			assert.ok(dead >= 10 && dead <= 12, `${dead} dead letters`);
		},
	},
	{
		number: null,
		name: 'asking_again_is_no_fault',
		says: 'keeps the circuit closed when runs that went well ask for their events again',
		needs: ['settling'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({
				from: channel,
				maxInFlight: 2,
				circuit: { failures: 3, probeMs: 60_000 },
				handle: ({ delivery }) => (delivery.attempt === 1 ? { ...fails(), delayMs: 500, asked: true } : undefined),
			});
			await rig.publish(channel, events(10));
			await until('everything is done', () => one.factsOf('done').length === 10);
			assert.equal(one.factsOf('circuit-open').length, 0);
		},
	},
];
