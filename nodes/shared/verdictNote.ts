/**
 * How a node of the workflow tells the trigger what shall become of the event: a note in the run's custom data.
 *
 * Custom data is the one channel from a running node to its trigger that works in queue mode too. n8n keeps ten keys
 * of 512 characters and drops or cuts the rest silently, so the writer reads its note back.
 */
import { EventBusError } from '../../src/kernel/errors';

/** n8n allows letters, digits and underscores. */
export const VERDICT_KEY = 'event_bus_verdict';

/** n8n cuts a custom data value here, without telling the node. */
const MAX_NOTE_LENGTH = 512;

/** Leaves room for a list of batch indices, and keeps a plain note under the 255 from which n8n logs a complaint. */
const MAX_REASON_LENGTH = 120;

export interface NoteEntry {
	readonly as: 'retry' | 'dead-letter';
	/** Milliseconds; absent: the trigger's backoff. Only with retry. */
	readonly delayMs?: number;
	readonly reason: string;
	/** Indices into the batch of the run; null: all of it. */
	readonly items: readonly number[] | null;
}

/** The note on the wire: short names, because every character counts. */
interface WireEntry {
	readonly as: NoteEntry['as'];
	readonly ms?: number;
	readonly why?: string;
	/** '0,3-7' */
	readonly at?: string;
}

/**
 * The note with one more entry. A later entry wins over an earlier one for the same item.
 *
 * @param existing the note so far, as custom data gives it
 * @throws EventBusError `too-large` when n8n would cut it
 */
export function addToNote(existing: string | undefined, entry: NoteEntry): string {
	const text = JSON.stringify([...merge(readNote(existing), entry)].map(toWire));
	if (text.length > MAX_NOTE_LENGTH) {
		throw new EventBusError('too-large', 'The verdicts of this batch do not fit into the custom data of the run', {
			hint: 'Give shorter reasons, use the same verdict for more events, or make the batch smaller',
		});
	}
	return text;
}

/** What a note says; empty for none, and for a value that is not ours. */
export function readNote(text: unknown): readonly NoteEntry[] {
	if (typeof text !== 'string') return [];
	try {
		const parsed: unknown = JSON.parse(text);
		return Array.isArray(parsed) ? parsed.filter(isWireEntry).map(fromWire) : [];
	} catch {
		return [];
	}
}

/** Entries with the same verdict share one line of the note. */
function merge(entries: readonly NoteEntry[], added: NoteEntry): readonly NoteEntry[] {
	if (added.items === null) return [added];
	const fresh = new Set(added.items);
	const kept = entries
		.map((entry) => ({ ...entry, items: entry.items?.filter((item) => !fresh.has(item)) ?? null }))
		.filter((entry) => entry.items === null || entry.items.length > 0);
	const twin = kept.find((entry) => entry.items !== null && sameVerdict(entry, added));
	if (!twin) return [...kept, added];
	const items = [...(twin.items ?? []), ...added.items].sort((a, b) => a - b);
	return kept.map((entry) => (entry === twin ? { ...added, items } : entry));
}

function sameVerdict(one: NoteEntry, other: NoteEntry): boolean {
	return one.as === other.as && one.delayMs === other.delayMs && shortened(one.reason) === shortened(other.reason);
}

function toWire(entry: NoteEntry): WireEntry {
	return {
		as: entry.as,
		...(entry.delayMs === undefined ? {} : { ms: entry.delayMs }),
		...(entry.reason === '' ? {} : { why: shortened(entry.reason) }),
		...(entry.items === null ? {} : { at: toRanges(entry.items) }),
	};
}

function fromWire(wire: WireEntry): NoteEntry {
	return {
		as: wire.as,
		...(wire.ms === undefined ? {} : { delayMs: wire.ms }),
		reason: wire.why ?? '',
		items: wire.at === undefined ? null : fromRanges(wire.at),
	};
}

/** The custom data of a run can be written by any node, so its shape is checked. */
function isWireEntry(value: unknown): value is WireEntry {
	if (typeof value !== 'object' || value === null) return false;
	const { as, ms, why, at } = value as Record<string, unknown>;
	return (
		(as === 'retry' || as === 'dead-letter') &&
		(ms === undefined || (typeof ms === 'number' && ms >= 0)) &&
		(why === undefined || typeof why === 'string') &&
		(at === undefined || (typeof at === 'string' && /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(at)))
	);
}

function shortened(reason: string): string {
	return reason.length <= MAX_REASON_LENGTH ? reason : `${reason.slice(0, MAX_REASON_LENGTH - 1)}…`;
}

/** @param items ascending or not, distinct */
function toRanges(items: readonly number[]): string {
	const ranges: { first: number; last: number }[] = [];
	for (const item of [...new Set(items)].sort((a, b) => a - b)) {
		const open = ranges.at(-1);
		if (open?.last === item - 1) open.last = item;
		else ranges.push({ first: item, last: item });
	}
	return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

function fromRanges(text: string): readonly number[] {
	return text.split(',').flatMap((range) => {
		const [first = 0, last = first] = range.split('-').map(Number);
		return Array.from({ length: Math.max(0, Math.min(last - first + 1, MAX_BATCH)) }, (_, offset) => first + offset);
	});
}

/** The largest batch a trigger hands out; a forged note cannot make us allocate more. */
const MAX_BATCH = 10_000;
