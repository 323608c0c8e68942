import { manyEvents, orderTrail, trailEvent, trailFact } from '../../../test/trail/stories';
import { momentOf } from '../moments';
import { causalTree } from '../tree';
import type { TrailEntry } from '../types';
import { timelineOf } from './timeline';
import type { Timeline } from './types';

function laidOut(entries: readonly TrailEntry[]): Timeline {
	return timelineOf(causalTree(entries));
}

describe('the timeline of an order', () => {
	const timeline = laidOut(orderTrail());

	it('has a lane for each service, in the order in which they come into play', () => {
		expect(timeline.lanes.map(({ service, events, runs }) => `${service} ${events}/${runs}`)).toEqual([
			'ecommerce-api 1/0',
			'order-validator 1/1',
			'fraud-check 0/1',
			'inventory-manager 1/1',
			'payment-processor 1/3',
			'fulfillment-coordinator 2/1',
			'analytics-updater 0/2',
			'notification-service 0/2',
		]);
	});

	it('has a bar for each run, with how it ended', () => {
		const ends = timeline.runs.filter(({ event }) => event === 2).map(({ ended, attempt }) => `${attempt} ${ended}`);
		expect(ends).toEqual(['1 retry', '2 retry', '3 done']);
	});

	it('leads from an event to its consumers, and from an attempt to the next', () => {
		const kinds = timeline.arrows.filter(({ event }) => event === 2).map(({ kind }) => kind);
		expect(kinds).toEqual(['delivery', 'wait', 'wait']);
	});

	it('puts an event into the run that published it, so that no arrow is needed', () => {
		const run = timeline.runs.find(({ event }) => event === 0);
		const box = timeline.boxes[1];
		expect(run).toBeDefined();
		expect(box?.lane).toBe(run?.lane);
		expect(box?.x).toBeGreaterThan(run?.x ?? 0);
		expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan((run?.x ?? 0) + (run?.width ?? 0));
		expect(timeline.arrows.filter(({ kind }) => kind === 'cause')).toEqual([]);
	});
});

describe.each([
	['an order', orderTrail()],
	['a thousand events', manyEvents(1000)],
	[
		'events that go backwards in time',
		manyEvents(40).map((entry) => ({ ...entry, facts: [...entry.facts].reverse() })),
	],
])('the timeline of %s', (_name, entries) => {
	const nodes = causalTree(entries);
	const timeline = laidOut(entries);

	it('never puts a later event further left', () => {
		const inTime = nodes
			.map(({ entry }, place) => ({ at: momentOf(entry), x: timeline.boxes[place]?.x ?? NaN }))
			.sort((one, other) => one.at - other.at);
		const xs = inTime.map(({ x }) => x);
		expect([...xs].sort((one, other) => one - other)).toEqual(xs);
	});

	it('puts no two events of a lane upon each other', () => {
		const ends = new Map<number, number>();
		for (const { lane, x, width } of [...timeline.boxes].sort((one, other) => one.x - other.x)) {
			expect(x).toBeGreaterThanOrEqual(ends.get(lane) ?? 0);
			ends.set(lane, x + width);
		}
	});

	it('leads from left to right, within its width', () => {
		for (const { from, to } of timeline.arrows) expect(from.x).toBeLessThanOrEqual(to.x);
		for (const { x, width } of [...timeline.boxes, ...timeline.runs]) {
			expect(x + width).toBeLessThanOrEqual(timeline.width);
			expect(width).toBeGreaterThan(0);
		}
	});
});

describe('a timeline', () => {
	it('is empty without events', () => {
		expect(laidOut([])).toMatchObject({ lanes: [], boxes: [], runs: [], arrows: [] });
	});

	it('leads from the cause itself where the run in between was not recorded', () => {
		const effect = trailEvent('b', 'a', 9, { source: 'billing' });
		const timeline = laidOut([
			{ event: trailEvent('a', null, 0), facts: [] },
			{ event: effect, facts: [] },
		]);
		expect(timeline.arrows).toMatchObject([{ event: 1, kind: 'cause', from: { lane: 0 }, to: { lane: 1 } }]);
	});

	it('shows an event that was put aside without a run', () => {
		const facts = [trailFact('dead-letter', 3, { attempt: null })];
		expect(laidOut([{ event: trailEvent('a', null, 0), facts }]).runs).toMatchObject([
			{ ended: 'dead-letter', attempt: null },
		]);
	});

	it('lets a run that has not ended last to the end', () => {
		const facts = [trailFact('started', 3)];
		const { runs, width } = laidOut([{ event: trailEvent('a', null, 0), facts }]);
		expect((runs[0]?.x ?? 0) + (runs[0]?.width ?? 0)).toBeGreaterThan(width - 72);
	});

	it('gives a quarter of an hour more room than a second, and not three times as much', () => {
		const at = (ms: number): number =>
			laidOut([
				{ event: trailEvent('a', null, 0), facts: [] },
				{ event: trailEvent('b', null, ms, { source: 'other' }), facts: [] },
			]).boxes[1]?.x ?? 0;
		expect(at(1000)).toBeGreaterThan(at(10));
		expect(at(900_000)).toBeGreaterThan(at(1000));
		expect(at(900_000)).toBeLessThan(3 * at(1000));
	});
});
