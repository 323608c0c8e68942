/**
 * What leads to what.
 */
import type { TreeNode } from '../tree';
import type { Arrow, EventBox, PlacedRun } from './types';

export function arrowsOf(
	nodes: readonly TreeNode[],
	boxes: readonly (EventBox | undefined)[],
	runs: readonly PlacedRun[],
): readonly Arrow[] {
	const byEvent = new Map<number, PlacedRun[]>();
	for (const run of runs) {
		const known = byEvent.get(run.event);
		if (known) known.push(run);
		else byEvent.set(run.event, [run]);
	}
	return nodes.flatMap(({ parent }, event) => {
		const box = boxes[event];
		if (!box) return [];
		const own = deliveries(box, byEvent.get(event) ?? []);
		const cause = parent === null ? undefined : boxes[parent];
		return cause ? [...own, ...fromCause(cause, byEvent.get(cause.event) ?? [], box)] : own;
	});
}

/** From the event to the first run of each group, and from each run to the next. */
function deliveries(box: EventBox, runs: readonly PlacedRun[]): Arrow[] {
	const lastOf = new Map<PlacedRun['handling'], PlacedRun>();
	return runs.map((run) => {
		const { event, lane, from } = run;
		const previous = lastOf.get(run.handling);
		lastOf.set(run.handling, run);
		const to = { x: from, lane };
		if (previous) return { event, kind: 'wait', from: { x: previous.to ?? from, lane }, to };
		return { event, kind: 'delivery', from: { x: box.x + box.width, lane: box.lane }, to };
	});
}

/** Nothing where the event lies in the run that published it. */
function fromCause(cause: EventBox, runs: readonly PlacedRun[], box: EventBox): Arrow[] {
	const run = runs.findLast(({ lane, from }) => lane === box.lane && from <= box.x);
	const to = { x: box.x, lane: box.lane };
	if (!run) return [{ event: box.event, kind: 'cause', from: { x: cause.x + cause.width, lane: cause.lane }, to }];
	if (run.to === null || box.x < run.to) return [];
	return [{ event: box.event, kind: 'cause', from: { x: run.to, lane: run.lane }, to }];
}
