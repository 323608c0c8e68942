/**
 * The order in which a trail is told: by time, but never an effect before its cause, even where the clocks of two hosts
 * disagree. Pure.
 */
import type { TrailEntry } from './types';

interface Place {
	/** Its own time, or that of the latest of its causes; milliseconds since the epoch. */
	readonly at: number;
	/** How many of its causes are known. */
	readonly depth: number;
}

/** @param entries of one trail; those that nothing tells apart keep their order */
export function inCausalOrder(entries: readonly TrailEntry[]): readonly TrailEntry[] {
	const byId = new Map(entries.map((entry) => [entry.event.eventId, entry]));
	const places = new Map<TrailEntry, Place>();
	return entries
		.map((entry) => ({ entry, ...placeOf(entry, byId, places) }))
		.toSorted((a, b) => a.at - b.at || a.depth - b.depth)
		.map(({ entry }) => entry);
}

function placeOf(entry: TrailEntry, byId: ReadonlyMap<string, TrailEntry>, places: Map<TrailEntry, Place>): Place {
	const chain: TrailEntry[] = [];
	const seen = new Set<TrailEntry>();
	let cause: TrailEntry | undefined = entry;
	// Causes that go round in a circle come from hostile events only; the walk ends all the same.
	while (cause !== undefined && !places.has(cause) && !seen.has(cause)) {
		seen.add(cause);
		chain.push(cause);
		cause = cause.event.causationId === null ? undefined : byId.get(cause.event.causationId);
	}
	let place = (cause && places.get(cause)) ?? { at: Number.NEGATIVE_INFINITY, depth: -1 };
	for (const one of chain.reverse()) {
		place = { at: Math.max(place.at, firstAt(one)), depth: place.depth + 1 };
		places.set(one, place);
	}
	return place;
}

function firstAt({ event, facts }: TrailEntry): number {
	return facts.length === 0 ? Date.parse(event.occurredAt) : Math.min(...facts.map(({ at }) => at));
}
