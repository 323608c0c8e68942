/**
 * A long run with a few failures: nothing lost, nothing left over, no memory kept.
 */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Case } from '../case';
import { events, idsOf, numberOf } from '../events';
import { failing } from '../recorder';
import { assertSame } from '../same';
import { until } from '../waiting';

/** 10,000 at night: CONFORMANCE_SOAK=10000. */
const MESSAGES = Number(process.env['CONFORMANCE_SOAK'] ?? 1000);
const BATCH = 250;
const MOST_GROWTH = 50 * 1024 * 1024;

export const soakCases: readonly Case[] = [
	{
		number: 45,
		name: 'soak',
		says: 'loses none of many events with one failure in a hundred, keeps no memory, leaves nothing unsettled',
		needs: ['settling'],
		limitMs: Math.max(60_000, MESSAGES * 12),
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({
				from: channel,
				maxInFlight: 50,
				handle: failing(1, (run) => numberOf(run.event) % 100 === 0),
			});
			const before = keptBytes();
			const published = events(MESSAGES);
			for (let start = 0; start < MESSAGES; start += BATCH) {
				await rig.publish(channel, published.slice(start, start + BATCH));
			}
			await until('all are done', () => one.factsOf('done').length >= MESSAGES, Math.max(50_000, MESSAGES * 10));
			assertSame(one.doneIds, idsOf(published).toSorted());
			assert.equal(one.runs.length, MESSAGES + MESSAGES / 100);
			await until('nothing is in flight', () => one.consumer.inFlight === 0);
			if (rig.capabilities.topology.has('inspect')) {
				await until('nothing is unsettled', async () => {
					const state = await rig.groupState(channel);
					return (state?.backlog ?? 0) + (state?.inFlight ?? 0) === 0;
				});
			}
			const growth = keptBytes() - before;
			assert.ok(growth < MOST_GROWTH, `${Math.round(growth / 1024 / 1024)} MB more are kept`);
		},
	},
];

/** What is still referred to. The resident size also counts what the collector keeps for later, and that varies. */
function keptBytes(): number {
	// Node shows the collector only on request, and a test runner does not pass the flag on.
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	collect();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}
