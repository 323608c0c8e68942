/**
 * The order in which a trail is told: by time, but never an effect before its cause, even where the clocks of two hosts
 * disagree. Pure.
 */
import type { TrailEntry } from './types';

/** @param entries of one trail; those of the same time keep their order */
export function inCausalOrder(entries: readonly TrailEntry[]): readonly TrailEntry[] {
	const byId = new Map(entries.map((entry) => [entry.event.eventId, entry]));
	const times = new Map<TrailEntry, number>();
	return entries
		.map((entry) => ({ entry, at: toldAt(entry, byId, times) }))
		.toSorted((a, b) => a.at - b.at || a.entry.event.hops - b.entry.event.hops)
		.map(({ entry }) => entry);
}

/** Its own time, or that of the latest of its causes. */
function toldAt(entry: TrailEntry, byId: ReadonlyMap<string, TrailEntry>, times: Map<TrailEntry, number>): number {
	const chain: TrailEntry[] = [];
	const seen = new Set<TrailEntry>();
	let at: TrailEntry | undefined = entry;
	// Causes that go round in a circle come from hostile events only; the walk ends all the same.
	while (at !== undefined && !times.has(at) && !seen.has(at)) {
		seen.add(at);
		chain.push(at);
		at = at.event.causationId === null ? undefined : byId.get(at.event.causationId);
	}
	let latest = at === undefined ? Number.NEGATIVE_INFINITY : (times.get(at) ?? Number.NEGATIVE_INFINITY);
	for (const one of chain.reverse()) {
		latest = Math.max(latest, firstAt(one));
		times.set(one, latest);
	}
	return latest;
}

function firstAt({ event, facts }: TrailEntry): number {
	return facts.length === 0 ? Date.parse(event.occurredAt) : Math.min(...facts.map(({ at }) => at));
}
