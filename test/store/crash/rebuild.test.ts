/**
 * A projection over a long log that is killed on its way: it goes on where it stood, and ends with what a fold of the
 * whole log gives.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { StoredEvent } from '../../../src/store/types';
import { event } from '../../conformance/events';
import { assertSame } from '../../conformance/same';
import { times, until } from '../../conformance/waiting';
import { StoreRig } from '../rig';
import { makeSqlitePlace } from '../sqliteUnderTest';
import { Child } from './child';
import { CATEGORY, MODEL, readingOf, SUBSCRIPTION, type Total } from './projection';
import type { BatchReport, ProjectionBrief } from './projectionProcess';

/** As many as a test that runs each time has patience for; the guarantee is shown with 100,000. */
const EVENTS = Number(process.env.STORE_REBUILD_EVENTS ?? 20_000);
const BATCH = 500;
const APPENDED_AT_ONCE = 1_000;
const STREAMS = 10;
const KEYS = 40;
const LEASE_MS = 1_000;
/** A slow machine does 500 in a second. */
const DONE_WITHIN_MS = 20_000 + 2 * EVENTS;

describe(`rebuilding a read model from ${EVENTS} events, with kill -9 on the way`, () => {
	it(
		'goes on where it stood, and equals a fresh fold',
		async () => {
			await using rig = await StoreRig.create(await makeSqlitePlace());
			await appendReadings(rig);
			const run = (diesAt: number | null) => {
				const brief: ProjectionBrief = { storeUrl: rig.place.url, batchSize: BATCH, leaseMs: LEASE_MS, diesAt };
				return new Child<BatchReport>(join(__dirname, 'projectionProcess.js'), brief);
			};

			const third = Math.floor(EVENTS / 3);
			await using first = run(third);
			assert.equal(await first.ended(DONE_WITHIN_MS), 'SIGKILL');
			const afterFirst = await positionOf(rig);
			assert.ok(afterFirst > 0 && afterFirst < third, `What was stored last is not settled: ${afterFirst}`);

			await using second = run(null);
			await until('it is in the middle', async () => (await positionOf(rig)) >= 2 * third, DONE_WITHIN_MS);
			await second.kill();
			// What was stored and not settled comes again, and nothing that was settled.
			assert.equal(second.reports[0]?.first, afterFirst + 1);
			const afterSecond = await positionOf(rig);
			assert.ok(afterSecond < EVENTS, 'It was killed on its way');

			await using last = run(null);
			await until('it is through', async () => (await positionOf(rig)) === EVENTS, DONE_WITHIN_MS);
			assert.ok((last.reports[0]?.first ?? 0) > afterSecond);

			assertSame(await documentsOf(rig), await freshFold(rig));
		},
		3 * DONE_WITHIN_MS,
	);
});

async function appendReadings({ store, call }: StoreRig): Promise<void> {
	for (let start = 0; start < EVENTS; start += APPENDED_AT_ONCE) {
		const readings = times(Math.min(APPENDED_AT_ONCE, EVENTS - start), (index) => {
			const n = start + index;
			return event({ id: `reading-${n}`, type: 'meter.read', payload: { key: `key-${n % KEYS}`, amount: n % 97 } });
		});
		const stream = `${CATEGORY}-${(start / APPENDED_AT_ONCE) % STREAMS}`;
		await store.append(stream, readings, call());
	}
}

/** 0: it has not begun yet. */
async function positionOf({ engine, call }: StoreRig): Promise<number> {
	return (await engine.read('readSubscription', { name: SUBSCRIPTION }, call()))?.position ?? 0;
}

async function documentsOf({ store, call }: StoreRig): Promise<Record<string, unknown>> {
	const query = { model: MODEL, where: [], match: 'all', sort: null, limit: KEYS + 1, offset: 0 } as const;
	const found = await store.find(query, call());
	return Object.fromEntries(found.map(({ id, data }) => [id, data]));
}

async function freshFold({ store, call }: StoreRig): Promise<Record<string, Total>> {
	const totals: Record<string, Total> = {};
	const add = ({ event: one }: StoredEvent) => {
		const { key, amount } = readingOf(one);
		const { count, sum } = totals[key] ?? { count: 0, sum: 0 };
		totals[key] = { count: count + 1, sum: sum + amount };
	};
	for await (const stored of store.readLog({ ...call(), filter: { category: CATEGORY } })) add(stored);
	return totals;
}
