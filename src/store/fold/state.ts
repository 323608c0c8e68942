/**
 * The state of an entity now, at a version, or at a time: its events folded from the latest snapshot that fits.
 */
import type { CallOptions } from '../../broker/types';
import type { Json } from '../../event/envelope';
import type { StoreEngine } from '../engine';
import { Folding, type FoldState } from './fold';
import type { FoldRules } from './rules';

/** Events in one answer of the store. */
const PAGE = 1000;
/** After so many events without one a snapshot is kept: below, folding is faster than writing. */
const SNAPSHOT_EVERY = 100;

export interface AsOf {
	/** Events up to this version. */
	readonly version?: number;
	/** Events that occurred up to this time, milliseconds since the epoch. */
	readonly time?: number;
}

export interface EntityState {
	readonly exists: boolean;
	/** Of the last event in it; 0: none. */
	readonly version: number;
	readonly state: Json;
	/** Events that were read for it; the rest came from a snapshot. */
	readonly eventsRead: number;
}

/** @throws EventBusError as the store, and `settings` for rules that do not fit the events */
export async function stateOf(
	engine: StoreEngine,
	stream: string,
	rules: FoldRules,
	asOf: AsOf,
	options: CallOptions,
): Promise<EntityState> {
	const snapshot = await engine.read('readSnapshot', { stream, rules: rules.id }, options);
	const from = snapshot !== null && isWithin(snapshot, asOf) ? snapshot : null;
	const folding = new Folding(rules, from);
	const lastVersion = asOf.version ?? Number.MAX_SAFE_INTEGER;
	let next = folding.version + 1;
	let eventsRead = 0;
	for (let isEnd = false; !isEnd;) {
		const page = await engine.read('readStream', { stream, from: next, limit: PAGE, backwards: false }, options);
		for (const stored of page) {
			if (stored.version > lastVersion) break;
			eventsRead += 1;
			if (asOf.time === undefined || Date.parse(stored.event.occurred_at) <= asOf.time) folding.add(stored);
		}
		next += page.length;
		isEnd = page.length === 0 || next > lastVersion;
	}
	// At a time some events may be left out in the middle: such a state is nothing to go on from.
	if (asOf.time === undefined && eventsRead >= SNAPSHOT_EVERY) {
		await engine.write('writeSnapshot', { stream, rules: rules.id, ...folding.current }, options);
	}
	const { version, result } = folding;
	return { exists: version > 0, version, state: result, eventsRead };
}

function isWithin(snapshot: FoldState, { version, time }: AsOf): boolean {
	return (version === undefined || snapshot.version <= version) && (time === undefined || snapshot.latestAt <= time);
}
