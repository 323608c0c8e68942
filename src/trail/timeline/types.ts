/**
 * A trail as a picture, in pixels: a lane for each service, events and runs from left to right as time goes.
 */
import type { Handling, HandlingState, Run } from '../handlings';

export interface Timeline {
	readonly width: number;
	/** There are so many events that they are dots without names. */
	readonly dense: boolean;
	readonly lanes: readonly Lane[];
	readonly boxes: readonly EventBox[];
	readonly runs: readonly RunBar[];
	readonly arrows: readonly Arrow[];
	readonly ticks: readonly Tick[];
}

export interface Lane {
	readonly service: string;
	/** How many events it published. */
	readonly events: number;
	/** How many runs it had. */
	readonly runs: number;
}

/** An event, in the lane of its source. */
export interface EventBox {
	/** Its place in the tree. */
	readonly event: number;
	readonly lane: number;
	readonly x: number;
	readonly width: number;
}

/** A run, in the lane of the service that consumes; or an event that was put aside without one. */
export interface RunBar {
	readonly event: number;
	readonly lane: number;
	readonly x: number;
	readonly width: number;
	readonly ended: HandlingState;
	readonly attempt: number | null;
}

export interface Arrow {
	/** The event that is on its way. */
	readonly event: number;
	/** wait: the pause before the next attempt; cause: the run between the two events was not recorded. */
	readonly kind: 'delivery' | 'wait' | 'cause';
	readonly from: Point;
	readonly to: Point;
}

export interface Point {
	readonly x: number;
	readonly lane: number;
}

/** A place of the scale that is labelled. */
export interface Tick {
	readonly x: number;
	/** Milliseconds since the first moment. */
	readonly afterMs: number;
}

/** A run on its way to a bar. */
export interface PlacedRun {
	readonly event: number;
	readonly lane: number;
	readonly handling: Handling;
	/** null: the event was put aside without a run. */
	readonly run: Run | null;
	from: number;
	to: number | null;
}
