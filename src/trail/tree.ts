/**
 * The causal tree of a trail: which event made which other one happen.
 *
 * What others wrote can be anything: an event may be given twice, name itself as its cause, or a cause nobody has recorded. Every
 * event is in the tree exactly once all the same.
 */
import { momentOf } from './moments';
import type { TrailEntry, TrailEvent, TrailFact } from './types';

export type Ancestry =
	/** Nothing caused it. */
	| 'root'
	| 'caused'
	/** Its cause is not among the events. */
	| 'orphan'
	/** The oldest of events that cause each other. */
	| 'cycle';

export interface TreeNode {
	readonly entry: TrailEntry;
	readonly ancestry: Ancestry;
	/** 0: at the top. */
	readonly depth: number;
	/** Its place among the nodes; null: at the top. */
	readonly parent: number | null;
	/** How many events follow from it directly. */
	readonly children: number;
}

/** Plain data, as an item of n8n takes it. */
export interface NestedEvent {
	readonly event: TrailEvent;
	readonly facts: readonly TrailFact[];
	readonly ancestry: Ancestry;
	readonly children: NestedEvent[];
}

/** Depth first: an event is followed by what it caused. Siblings by time. */
export function causalTree(given: readonly TrailEntry[]): readonly TreeNode[] {
	const entries = mergedByTime(given);
	const ties = tieToCauses(entries);
	const nodes: TreeNode[] = [];
	// A stack instead of recursion: a chain may be longer than the call stack.
	const open = topsOf(entries, ties)
		.reverse()
		.map((index) => ({ index, depth: 0, parent: null as number | null }));
	for (let next = open.pop(); next; next = open.pop()) {
		const { index, depth, parent } = next;
		const entry = entries[index];
		const children = ties.children.get(index) ?? [];
		if (!entry) continue;
		const place = nodes.length;
		nodes.push({ entry, ancestry: ancestryOf(entry, index, ties), depth, parent, children: children.length });
		for (const child of [...children].reverse()) open.push({ index: child, depth: depth + 1, parent: place });
	}
	return nodes;
}

/** The same as objects within objects. */
export function nestedEvents(nodes: readonly TreeNode[]): readonly NestedEvent[] {
	const tops: NestedEvent[] = [];
	const made: NestedEvent[] = [];
	for (const { entry, ancestry, parent } of nodes) {
		const nested = { event: entry.event, facts: entry.facts, ancestry, children: [] };
		made.push(nested);
		const above = parent === null ? tops : made[parent]?.children;
		above?.push(nested);
	}
	return tops;
}

/** Each event once, with all that is known of it; oldest first. */
export function mergedByTime(entries: readonly TrailEntry[]): readonly TrailEntry[] {
	const merged = new Map<string, TrailEntry>();
	for (const entry of entries) {
		const { source, eventId } = entry.event;
		const identity = JSON.stringify([source, eventId]);
		const known = merged.get(identity);
		merged.set(identity, known ? { event: known.event, facts: united(known.facts, entry.facts) } : entry);
	}
	return [...merged.values()].sort((one, other) => momentOf(one) - momentOf(other));
}

function united(facts: readonly TrailFact[], more: readonly TrailFact[]): readonly TrailFact[] {
	const known = new Set(facts.map((fact) => JSON.stringify(fact)));
	const added = more.filter((fact) => !known.has(JSON.stringify(fact)));
	return [...facts, ...added].sort((one, other) => one.at - other.at);
}

interface Ties {
	/** Of every event whose cause is there and above it. */
	readonly causes: Map<number, number>;
	readonly children: Map<number, number[]>;
	/** Those whose cause was cut off. */
	readonly cut: Set<number>;
}

function tieToCauses(entries: readonly TrailEntry[]): Ties {
	const places = new Map<string, number>();
	entries.forEach(({ event }, index) => {
		// Ids are unique together with their source; of two with one id, the older one is taken for the cause.
		if (!places.has(event.eventId)) places.set(event.eventId, index);
	});
	const causes = new Map<number, number>();
	entries.forEach(({ event }, index) => {
		const cause = event.causationId === null ? undefined : places.get(event.causationId);
		if (cause !== undefined) causes.set(index, cause);
	});
	const cut = cutCycles(causes, entries.length);
	const children = new Map<number, number[]>();
	for (const [index, cause] of [...causes].sort(([one], [other]) => one - other)) {
		const siblings = children.get(cause);
		if (siblings) siblings.push(index);
		else children.set(cause, [index]);
	}
	return { causes, children, cut };
}

/** Takes the cause from the oldest event of each cycle. */
function cutCycles(causes: Map<number, number>, count: number): Set<number> {
	const cut = new Set<number>();
	const walkOf = new Map<number, number>();
	for (let start = 0; start < count; start++) {
		let at: number | undefined = start;
		while (at !== undefined && !walkOf.has(at)) {
			walkOf.set(at, start);
			at = causes.get(at);
		}
		if (at === undefined || walkOf.get(at) !== start) continue;
		// This walk has come back to where it was: `at` is in a cycle.
		let oldest = at;
		for (let member = causes.get(at); member !== undefined && member !== at; member = causes.get(member)) {
			oldest = Math.min(oldest, member);
		}
		causes.delete(oldest);
		cut.add(oldest);
	}
	return cut;
}

function topsOf(entries: readonly TrailEntry[], { causes }: Ties): number[] {
	return [...entries.keys()].filter((index) => !causes.has(index));
}

function ancestryOf({ event }: TrailEntry, index: number, ties: Ties): Ancestry {
	if (ties.cut.has(index)) return 'cycle';
	if (ties.causes.has(index)) return 'caused';
	return event.causationId === null ? 'root' : 'orphan';
}
