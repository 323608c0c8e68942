/**
 * Ids of events and correlations: UUIDv7 (RFC 9562) after a prefix, so that they sort by time.
 *
 * An id need not be secret. Identity of an event is its source together with its id.
 */
import { createHash } from 'node:crypto';
import { randomHex } from './randomHex';

/** A UUIDv7 has 48 bits of time and, beside version and variant, 74 bits of its own. */
const MAX_TIME_MS = 2 ** 48 - 1;
const TAIL_BITS = 74n;
const TAIL_BYTES = 10;
const LOW_BITS = 62n;

const DERIVABLE = /^evt_([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let lastTimeMs = -1;
let lastTail = 0n;

/**
 * A new event id. Ids made one after the other in one millisecond sort in that order; a clock that is set back makes
 * ids that sort back, because the time in an id says what the clock said.
 *
 * @param now milliseconds since the epoch
 */
export function newEventId(now: number): string {
	return `evt_${nextUuid(now)}`;
}

/** @param now milliseconds since the epoch */
export function newCorrelationId(now: number): string {
	return `corr_${nextUuid(now)}`;
}

/**
 * The same id for the same input, in every process: for events that may be published or received twice.
 *
 * @param at    the time in the id, milliseconds since the epoch; 0 where no time is known that stays the same
 * @param parts what makes it this event; their number and order count
 */
export function derivedEventId(at: number, parts: readonly string[]): string {
	const hash = createHash('sha256');
	// The length in front keeps ['ab', 'c'] and ['a', 'bc'] apart.
	for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
	return `evt_${uuidOf(timeBits(at), tailOf(hash.digest('hex')))}`;
}

/** Milliseconds since the epoch, as they stand in an id of ours; null for any other id. */
export function timeOfEventId(id: string): number | null {
	const found = DERIVABLE.exec(id);
	return found ? Number.parseInt(`${found[1] ?? ''}${found[2] ?? ''}`, 16) : null;
}

function nextUuid(now: number): string {
	const timeMs = timeBits(now);
	if (timeMs === lastTimeMs) {
		lastTail += 1n;
	} else {
		lastTimeMs = timeMs;
		// The first bit stays 0, so that counting up within the millisecond has room and never overflows.
		lastTail = tailOf(randomHex(TAIL_BYTES)) >> 1n;
	}
	return uuidOf(timeMs, lastTail);
}

function timeBits(at: number): number {
	return Number.isFinite(at) ? Math.min(Math.max(0, Math.trunc(at)), MAX_TIME_MS) : 0;
}

/** @param hex digits of 10 bytes or more; the rest is left out */
function tailOf(hex: string): bigint {
	return BigInt.asUintN(Number(TAIL_BITS), BigInt(`0x${hex.slice(0, 2 * TAIL_BYTES)}`));
}

function uuidOf(timeMs: number, tail: bigint): string {
	const version = 0x7n;
	const variant = 0b10n;
	const high = (BigInt(timeMs) << 16n) | (version << 12n) | (tail >> LOW_BITS);
	const low = (variant << LOW_BITS) | BigInt.asUintN(Number(LOW_BITS), tail);
	const hex = ((high << 64n) | low).toString(16).padStart(32, '0');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
