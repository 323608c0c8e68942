/**
 * Lays out a trail.
 */
import { handlingsOf, type Handling, type Run } from '../handlings';
import { momentOf } from '../moments';
import type { TreeNode } from '../tree';
import { arrowsOf } from './arrows';
import { Scale } from './scale';
import type { EventBox, Lane, PlacedRun, RunBar, Timeline } from './types';

/** More events than this are dots. */
const MOST_NAMED = 80;
const DOT = 12;
/** Of an event's name, in pixels: it is written in a fixed-width font of 11.5 px. */
const NAME = { character: 7, around: 20, most: 27 };
const RIGHT = 72;

/** What a run has of room at its begin and its end, and how far an arrow must reach. */
const ROOM = {
	named: { begin: 2, end: 16, arrow: 26, effect: 14 },
	dense: { begin: 2, end: 8, arrow: 8, effect: 4 },
};

interface Moment {
	readonly at: number;
	/** Which comes first of what happened in one millisecond. */
	readonly rank: number;
	place(): void;
}

export function timelineOf(nodes: readonly TreeNode[]): Timeline {
	const dense = nodes.length > MOST_NAMED;
	const room = dense ? ROOM.dense : ROOM.named;
	const boxes: EventBox[] = [];
	const runs: PlacedRun[] = [];
	const handlings = nodes.map(({ entry }) => handlingsOf(entry.facts));
	const lanes = new Lanes();
	const moments = nodes.flatMap((node, event) => [
		eventMoment(node, event),
		...(handlings[event] ?? []).flatMap((handling) => runMoments(node, event, handling)),
	]);
	moments.sort((one, other) => one.at - other.at || one.rank - other.rank);
	const scale = new Scale(moments[0]?.at ?? 0, dense);
	for (const moment of moments) {
		scale.goTo(moment.at);
		moment.place();
	}
	const end = scale.end + RIGHT / 2;
	return {
		width: Math.ceil(scale.end + RIGHT),
		dense,
		lanes: lanes.all,
		boxes,
		runs: runs.map((run) => barOf(run, end)),
		arrows: arrowsOf(nodes, boxes, runs),
		ticks: scale.ticks,
	};

	function eventMoment({ entry, depth, parent }: TreeNode, event: number): Moment {
		const place = (): void => {
			const lane = lanes.ofEvent(entry.event.source);
			const width = dense ? DOT : nameWidth(entry.event.eventType);
			const cause = parent === null ? undefined : boxes[parent];
			const x = scale.put(lane, width, cause ? cause.x + cause.width + room.effect : 0);
			boxes[event] = { event, lane, x, width };
		};
		return { at: momentOf(entry), rank: 3 * depth, place };
	}

	function runMoments({ depth }: TreeNode, event: number, handling: Handling): Moment[] {
		const begun = 3 * depth + 1;
		if (handling.runs.length === 0) {
			return [{ at: handling.since, rank: begun, place: () => void begin(event, handling, null, room.end) }];
		}
		return handling.runs.flatMap((run) => {
			let placed: PlacedRun | undefined;
			const at = run.startedAt ?? run.endedAt ?? handling.since;
			const first: Moment = {
				at,
				rank: begun,
				place: () => (placed = begin(event, handling, run, room.begin)),
			};
			if (run.endedAt === null) return [first];
			const last: Moment = {
				at: Math.max(run.endedAt, at),
				// After what the run published in its last millisecond.
				rank: begun + 4,
				place: () => {
					if (placed) placed.to = scale.put(placed.lane, room.end) + room.end;
				},
			};
			return [first, last];
		});
	}

	function begin(event: number, handling: Handling, run: Run | null, width: number): PlacedRun {
		const lane = lanes.ofRun(handling.service);
		const box = boxes[event];
		const from = scale.put(lane, width, box ? box.x + box.width + room.arrow : 0);
		const placed = { event, lane, handling, run, from, to: run ? null : from + width };
		runs.push(placed);
		return placed;
	}
}

/** In the order in which they come into play. */
class Lanes {
	private readonly places = new Map<string, number>();
	readonly all: { service: string; events: number; runs: number }[] = [];

	ofEvent(service: string): number {
		return this.of(service, 'events');
	}

	ofRun(service: string): number {
		return this.of(service, 'runs');
	}

	private of(service: string, what: keyof Omit<Lane, 'service'>): number {
		const place = this.places.get(service) ?? this.all.length;
		this.places.set(service, place);
		const lane = (this.all[place] ??= { service, events: 0, runs: 0 });
		lane[what]++;
		return place;
	}
}

/** @param end where a run ends that has not ended */
function barOf({ event, lane, handling, run, from, to }: PlacedRun, end: number): RunBar {
	const width = (to ?? Math.max(end, from)) - from;
	return { event, lane, x: from, width, ended: run?.ended ?? handling.state, attempt: run?.attempt ?? null };
}

function nameWidth(eventType: string): number {
	return Math.min(eventType.length, NAME.most) * NAME.character + NAME.around;
}
