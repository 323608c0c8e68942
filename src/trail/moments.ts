/**
 * When things happened, as the machines say that recorded them.
 */
import type { TrailEntry } from './types';

/**
 * When the event was there, milliseconds since the epoch: when a broker had it, else when it happened, else when something was done with
 * it. A publisher may write any time as that of its event, so it is not the first choice.
 */
export function momentOf({ event, facts }: TrailEntry): number {
	const published = facts.filter(({ kind }) => kind === 'published').map(({ at }) => at);
	if (published.length > 0) return Math.min(...published);
	const occurred = Date.parse(event.occurredAt);
	if (Number.isFinite(occurred)) return occurred;
	return facts.length === 0 ? 0 : Math.min(...facts.map(({ at }) => at));
}

/** From the first to the last moment of a trail, milliseconds since the epoch; null: nothing happened. */
export function spanOf(entries: readonly TrailEntry[]): { readonly first: number; readonly last: number } | null {
	let first = Infinity;
	let last = -Infinity;
	for (const entry of entries) {
		for (const at of [momentOf(entry), ...entry.facts.map((fact) => fact.at)]) {
			first = Math.min(first, at);
			last = Math.max(last, at);
		}
	}
	return Number.isFinite(first) ? { first, last } : null;
}
