/**
 * One line of text for an event, so that a person sees which event followed from which. Pure.
 */
import type { EventEnvelope, Json } from '../../src/event/envelope';
import type { ExpectedEvents } from './sampleOrders';

/** Together they fit a terminal of 120 columns. */
const TYPE_WIDTH = 32;
const SOURCE_WIDTH = 26;
const DETAIL_LENGTH = 48;

/**
 * '    0.31 s  └ inventory.reserved        inventory-service   items=2'
 *
 * @param beginMs the time that counts as zero, milliseconds since the epoch
 */
export function timelineLine(event: EventEnvelope, beginMs: number): string {
	const { event_type: type, source, payload, metadata } = event;
	const branch = metadata.hops === 0 ? '' : `${'  '.repeat(metadata.hops - 1)}└ `;
	const seconds = ((Date.parse(metadata.timestamp) - beginMs) / 1000).toFixed(2).padStart(8);
	return `${seconds} s  ${`${branch}${type}`.padEnd(TYPE_WIDTH)}${source.padEnd(SOURCE_WIDTH)}${detail(payload)}`.trimEnd();
}

/** The first fields of the payload that fit, without what is nested. */
function detail(payload: Json): string {
	if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return '';
	let text = '';
	for (const [name, value] of Object.entries(payload)) {
		if (typeof value === 'object') continue;
		const longer = `${text}${text === '' ? '' : ' '}${name}=${String(value)}`;
		if (longer.length > DETAIL_LENGTH) break;
		text = longer;
	}
	return text;
}

export interface Difference {
	readonly missing: readonly string[];
	readonly surplus: readonly string[];
}

/** How the types that came differ from those expected; a type stands there as often as it is missing or too much. */
export function differenceOf(expected: ExpectedEvents, seen: readonly string[]): Difference {
	const types = new Set([...Object.keys(expected), ...seen]);
	const missing: string[] = [];
	const surplus: string[] = [];
	for (const type of types) {
		const lacking = (expected[type] ?? 0) - seen.filter((candidate) => candidate === type).length;
		if (lacking > 0) missing.push(...Array<string>(lacking).fill(type));
		if (lacking < 0) surplus.push(...Array<string>(-lacking).fill(type));
	}
	return { missing, surplus };
}
