/**
 * The event trail: everything that happened is kept once, and found.
 */
import type { TrailEntry } from '../../../src/trail/types';
import { EventTrail, type SearchOptions } from '../../../src/trail/trail';
import { errorOf } from '../../brokers/errorOf';
import { times } from '../../conformance/waiting';
import { consumed, entry, published, recorded, START, trailEvent } from '../../trail/entries';
import type { StoreCase } from '../case';
import type { StoreRig } from '../rig';

export const trailCases: readonly StoreCase[] = [
	{
		name: 'trail_once',
		says: 'keeps an event once and each of its facts once, however often and by whom they are recorded',
		async run(rig) {
			const event = trailEvent('e1', { payload: { total: 10 }, subject: 'ord_1' });
			const batch = [entry(event, published(0)), entry(trailEvent('e2', { source: 'other' }), published(1))];
			await record(rig, batch);
			await record(rig, batch);
			const { engine } = await rig.another();
			const consumer = { ...event, payload: undefined };
			const facts = [consumed('started', 5), consumed('started', 5, { group: 'mail' }), consumed('done', 5)];
			await engine.write(
				'recordTrail',
				{ entries: [recorded(entry(consumer, ...facts))], maxBytes: UNBOUNDED },
				rig.call(),
			);
			const { entries } = await trailOf(rig);
			expect(entries).toEqual([
				entry(event, published(0), ...inOrderOf(entries, facts.slice(0, 2)), consumed('done', 5)),
				entry(trailEvent('e2', { source: 'other' }), published(1)),
			]);
		},
	},
	{
		name: 'trail_same_id_of_two_sources',
		says: 'takes events of two sources for two, though they have the same id',
		async run(rig) {
			const twin = trailEvent('e1', { source: 'warehouse' });
			await record(rig, [entry(trailEvent('e1'), published(0)), entry(twin, published(1))]);
			await record(rig, [entry(twin, consumed('done', 3))]);
			const { entries } = await trailOf(rig);
			expect(entries).toEqual([entry(trailEvent('e1'), published(0)), entry(twin, published(1), consumed('done', 3))]);
		},
	},
	{
		name: 'trail_every_field',
		says: 'gives back what was recorded, also what no column of a database can hold',
		async run(rig) {
			const odd = '\u0000 half \ud800 🛒';
			const event = trailEvent('e1', { causationId: 'e0', hops: 3, payload: { [odd]: odd } });
			const cut = trailEvent('e3', { payload: '{"text":"\\u0000 🛒', payloadBytes: 70_000 });
			const fact = consumed('dead-letter', 1, {
				attempt: 5,
				workflowId: 'w1',
				executionId: '77',
				error: odd,
				reason: 'max_attempts',
			});
			const retry = consumed('retry', 0, { delayMs: 1500, error: odd, service: odd });
			await record(rig, [
				entry(event, retry, fact),
				entry(trailEvent('e2', { payload: undefined }), published(4)),
				entry(cut, published(5)),
			]);
			const { entries } = await trailOf(rig);
			expect(entries).toEqual([
				entry(event, { ...retry, service: '\ufffd half \ufffd 🛒' }, fact),
				entry(trailEvent('e2', { payload: undefined }), published(4)),
				entry(cut, published(5)),
			]);
		},
	},
	{
		name: 'trail_causal_order',
		says: 'tells causes before effects, page by page, and says when there is more',
		async run(rig) {
			const chain = times(1200, (n) =>
				entry(trailEvent(`e${n}`, { causationId: n === 0 ? null : `e${n - 1}`, hops: n }), published(n)),
			);
			// A host whose clock is a minute late.
			const late = entry(trailEvent('late', { causationId: 'e1199', hops: 1200 }), published(-60_000));
			await record(rig, [late, ...chain.toReversed()]);
			await record(rig, [entry(trailEvent('x', { correlationId: 'corr_2' }), published(0))]);
			const whole = await trailOf(rig, 5000);
			expect(whole.entries.map(({ event }) => event.eventId)).toEqual([...times(1200, (n) => `e${n}`), 'late']);
			expect(whole.isWhole).toBe(true);
			const part = await trailOf(rig, 700);
			expect([part.entries.length, part.isWhole]).toEqual([700, false]);
			expect((await trailOf(rig, 1201)).isWhole).toBe(true);
		},
	},
	{
		name: 'trail_search',
		says: 'finds events by each of their sides, newest first',
		async run(rig) {
			await record(rig, [
				entry(trailEvent('a', { payload: { total: 10, lines: [{ sku: 'x' }, { sku: 'y' }] } }), published(0)),
				entry(trailEvent('b', { eventType: 'order.paid', source: 'pay' }), published(10), consumed('retry', 11)),
				entry(trailEvent('c', { eventType: 'order.paid', eventVersion: '2.0' }), published(20, { channel: 'money' })),
				entry(trailEvent('d', { eventType: 'mail.sent', payload: undefined }), consumed('dead-letter', 30)),
				entry(trailEvent('e', { payload: { total: '10', 'a.b': null, deep: { on: true } } }), consumed('done', 40)),
			]);
			for (const [filter, expected] of [
				[{}, 'edcba'],
				[{ types: ['order.paid'] }, 'cb'],
				[{ types: ['order.*'] }, 'ecba'],
				[{ types: ['order.paid@2.*', 'mail.#'] }, 'dc'],
				[{ source: 'pay' }, 'b'],
				[{ source: "pay' OR 1=1 --" }, ''],
				[{ channel: 'money' }, 'c'],
				[{ from: START + 10, to: START + 30 }, 'cb'],
				[{ outcome: 'dead-letter' }, 'd'],
				[{ outcome: 'retry' }, 'b'],
				[{ outcome: 'published' }, 'cba'],
				[{ outcome: 'done', types: ['mail.sent'] }, ''],
				[{ payload: { path: 'total', equals: 10 } }, 'a'],
				[{ payload: { path: 'total', equals: '10' } }, 'e'],
				[{ payload: { path: 'lines.sku', equals: 'y' } }, 'a'],
				[{ payload: { path: 'deep.on', equals: true } }, 'e'],
				[{ payload: { path: 'missing', equals: null } }, ''],
				[{ limit: 2 }, 'ed'],
				[{ before: { at: START + 20, seq: 0 } }, 'ba'],
			] satisfies readonly (readonly [Omit<SearchOptions, 'signal' | 'timeoutMs'>, string])[]) {
				expect([filter, await idsOf(rig, filter)]).toEqual([filter, expected]);
			}
			expect((await errorOf(idsOf(rig, { types: ['order.pa*'] }))).code).toBe('settings');
			expect((await errorOf(idsOf(rig, { payload: { path: 'a..b', equals: 1 } }))).code).toBe('settings');
		},
	},
	{
		name: 'trail_search_in_steps',
		says: 'looks through many events in steps, and goes on where an answer ended',
		async run(rig) {
			const entries = times(4500, (n) =>
				entry(trailEvent(`e${n}`, { payload: { n: n % 1000 } }), published(Math.floor(n / 2))),
			);
			await record(rig, entries);
			const trail = new EventTrail(rig.engine);
			const filter = { payload: { path: 'n', equals: 7 }, ...rig.call() };
			const first = await trail.search({ ...filter, limit: 2 });
			expect(first.entries.map(({ event }) => event.eventId)).toEqual(['e4007', 'e3007']);
			const rest = await trail.search({ ...filter, before: first.next });
			expect(rest.entries.map(({ event }) => event.eventId)).toEqual(['e2007', 'e1007', 'e7']);
			expect(rest.next).toBeNull();
			const all = await trail.search({ ...rig.call(), limit: 10_000 });
			expect(new Set(all.entries.map(({ event }) => event.eventId)).size).toBe(4500);
		},
	},
	{
		name: 'trail_flows',
		says: 'counts who published what to whom, and how long it was on its way',
		async run(rig) {
			const orders = times(20, (n) => {
				const facts = [published(n * 100), consumed('started', n * 100 + n + 1, { workflowId: 'w1' })];
				return entry(trailEvent(`o${n}`), ...facts, consumed('done', n * 100 + 50, { workflowId: 'w1' }));
			});
			const paid = { eventType: 'order.paid', source: 'billing-service', causationId: 'o0', hops: 1 };
			await record(rig, [
				...orders,
				entry(trailEvent('p1', paid), published(60, { service: 'billing-service', workflowId: 'w1' })),
				entry(
					trailEvent('foreign', { source: 'python', eventType: 'stock.low', causationId: 'o1', hops: 1 }),
					consumed('started', 70),
					consumed('retry', 71),
					consumed('started', 75, { attempt: 2 }),
					consumed('dead-letter', 76, { attempt: 2 }),
				),
				entry(trailEvent('elsewhere'), published(80, { channel: 'other' })),
				entry(trailEvent('old'), published(-1000)),
			]);
			const trail = new EventTrail(rig.engine);
			const flows = await trail.flows({ from: START, to: START + 10_000, channel: 'events', ...rig.call() });
			expect(flows).toEqual({
				since: START,
				publications: [
					{ service: 'shop', eventType: 'order.created', channel: 'events', count: 20 },
					{ service: 'billing-service', eventType: 'order.paid', channel: 'events', count: 1 },
					{ service: 'python', eventType: 'stock.low', channel: 'events', count: 1 },
				],
				consumptions: [
					{
						service: 'billing-service',
						group: 'billing',
						eventType: 'order.created',
						channel: 'events',
						count: 20,
						retries: 0,
						deadLetters: 0,
						latencyMs: { p50: 10, p95: 19 },
					},
					{
						service: 'n8n/Billing',
						group: 'billing',
						eventType: 'stock.low',
						channel: 'events',
						count: 1,
						retries: 1,
						deadLetters: 1,
						latencyMs: null,
					},
				],
				causations: [
					{ service: 'billing-service', cause: 'order.created', effect: 'order.paid', count: 1 },
					{ service: 'python', cause: 'order.created', effect: 'stock.low', count: 1 },
				],
			});
		},
	},
	{
		name: 'trail_flows_in_pages',
		says: 'counts each fact once, though they are read in pages and many have the same time',
		async run(rig) {
			await record(
				rig,
				times(2500, (n) => entry(trailEvent(`e${n}`), published(n % 3), consumed('started', 3 + (n % 3)))),
			);
			const trail = new EventTrail(rig.engine);
			const flows = await trail.flows({ from: START, to: START + 10_000, ...rig.call() });
			expect(flows.publications.map(({ count }) => count)).toEqual([2500]);
			expect(flows.consumptions).toMatchObject([{ count: 2500, latencyMs: { p50: 3, p95: 3 } }]);
		},
	},
	{
		name: 'trail_forgets',
		says: 'forgets the oldest events with their facts, in small steps, and nothing else',
		async run(rig) {
			await record(
				rig,
				times(25, (n) => entry(trailEvent(`e${n}`), published(n), consumed('done', n + 1000))),
			);
			const forget = async () => await rig.engine.write('forgetTrail', { before: START + 15, limit: 10 }, rig.call());
			expect(await forget()).toBe(true);
			expect((await trailOf(rig)).entries).toHaveLength(15);
			expect(await forget()).toBe(false);
			expect(await forget()).toBe(false);
			const { entries } = await trailOf(rig);
			expect(entries.map(({ event, facts }) => `${event.eventId}:${facts.length}`)).toEqual(
				times(10, (n) => `e${n + 15}:2`),
			);
			const flows = await new EventTrail(rig.engine).flows({ from: 0, to: START + 10_000, ...rig.call() });
			expect(flows.consumptions).toMatchObject([{ count: 10 }]);
		},
	},
	{
		name: 'trail_bounded',
		says: 'never takes much more than it may, whatever comes: the oldest events go first',
		async run(rig) {
			const payload = 'x'.repeat(8500);
			for (let round = 0; round < 30; round += 1) {
				const some = times(10, (n) => entry(trailEvent(`e${round * 10 + n}`, { payload }), published(round)));
				// The same once more is nothing more.
				for (const _twice of [1, 2]) await record(rig, some, 500_000);
			}
			const kept = async () => (await trailOf(rig)).entries.map(({ event }) => Number(event.eventId.slice(1)));
			const numbers = await kept();
			expect(numbers.length).toBeGreaterThanOrEqual(40);
			expect(numbers.length).toBeLessThanOrEqual(60);
			expect(Math.min(...numbers)).toBe(300 - numbers.length);
			// A lower limit is reached within a few batches.
			for (let round = 0; round < 4; round += 1) {
				await record(
					rig,
					times(10, (n) => entry(trailEvent(`e${300 + round * 10 + n}`, { payload }), published(100))),
					200_000,
				);
			}
			expect((await kept()).length).toBeLessThanOrEqual(30);
			const flows = await new EventTrail(rig.engine).flows({ from: 0, to: START + 10_000, ...rig.call() });
			expect(flows.publications.map(({ count }) => count)).toEqual([(await kept()).length]);
		},
	},
	{
		name: 'trail_many_writers',
		says: 'lets processes record the same events at the same time without getting in their way',
		async run(rig) {
			const { engine } = await rig.another();
			const batches = times(20, (n) =>
				times(50, (k) => entry(trailEvent(`e${(n * 31 + k * 7) % 100}`), consumed('done', n, { group: `g${n}` }))),
			);
			await Promise.all(
				batches.map(async (entries, n) => {
					await (n % 2 === 0 ? rig.engine : engine).write(
						'recordTrail',
						{ entries: entries.map(recorded), maxBytes: UNBOUNDED },
						rig.call(),
					);
				}),
			);
			const { entries } = await trailOf(rig);
			expect(entries.flatMap(({ facts }) => facts)).toHaveLength(20 * 50);
			expect(new Set(entries.map(({ event }) => event.eventId)).size).toBe(entries.length);
		},
	},
];

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

async function record({ engine, call }: StoreRig, entries: readonly TrailEntry[], maxBytes = UNBOUNDED): Promise<void> {
	await engine.write('recordTrail', { entries: entries.map(recorded), maxBytes }, call());
}

async function trailOf({ engine, call }: StoreRig, limit = 1000) {
	return await new EventTrail(engine).trail('corr_1', { ...call(), limit });
}

/** Ids of what is found, as one text. */
async function idsOf({ engine, call }: StoreRig, filter: Omit<SearchOptions, 'signal' | 'timeoutMs'>): Promise<string> {
	const { entries } = await new EventTrail(engine).search({ ...call(), ...filter });
	return entries.map(({ event }) => event.eventId).join('');
}

/** What began in the same millisecond has no order: that of the answer. */
function inOrderOf(entries: readonly TrailEntry[], facts: TrailEntry['facts']): TrailEntry['facts'] {
	const groups = (entries[0]?.facts ?? []).map(({ kind, group }) => (kind === 'started' ? group : null));
	return facts.toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}
