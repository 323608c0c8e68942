/**
 * What stands beside a position on Kafka, in the text that a commit may carry: what is settled above it, and in the
 * first partition also what is to be known of the group. Kafka takes 4,096 bytes by default.
 */
import type { SettledRange, Standing } from '../../broker/laneWindow';

export interface GroupRecord {
	/** Counts up when the positions are reset. */
	readonly generation: number;
	/** Null: too long to be kept, or unknown. */
	readonly types: readonly string[] | null;
	readonly lifetime: 'durable' | 'ephemeral';
	/** Milliseconds. */
	readonly retentionMs: number;
	/** When it was committed last, milliseconds since the epoch. */
	readonly at: number;
}

export interface CommitRecord {
	readonly generation: number;
	readonly settled: readonly SettledRange[];
	/** Only in the first partition of the group. */
	readonly group: GroupRecord | null;
}

/** Below the 4,096 bytes of a broker's default (offset.metadata.max.bytes). */
export const MAX_RECORD_BYTES = 4000;
const MAX_TYPES_BYTES = 2000;
const VERSION = 1;

interface Written {
	readonly v: number;
	readonly g: number;
	/** Settled ranges. */
	readonly s?: string;
	/** Types. */
	readonly t?: readonly string[];
	/** Lifetime: 1 = ephemeral. */
	readonly e?: 1;
	readonly r?: number;
	readonly at?: number;
}

/** Ranges that find no room are left out, the last ones first: their messages would be delivered again. */
export function writeRecord({ generation, settled, group }: CommitRecord, position: number): string {
	const types = group?.types ?? null;
	const keepsTypes = types !== null && Buffer.byteLength(JSON.stringify(types)) <= MAX_TYPES_BYTES;
	const bare: Written = {
		v: VERSION,
		g: generation,
		...(group && {
			...(keepsTypes && { t: types }),
			...(group.lifetime === 'ephemeral' && { e: 1 as const }),
			r: group.retentionMs,
			at: group.at,
		}),
	};
	const room = MAX_RECORD_BYTES - Buffer.byteLength(JSON.stringify(bare)) - '"s":"",'.length;
	const text = writeRanges(settled, position, room);
	return JSON.stringify(text === '' ? bare : { ...bare, s: text });
}

/** null: there is nothing of ours. */
export function readRecord(text: string | null, position: number): CommitRecord | null {
	const written = parsed(text);
	if (!written) return null;
	return {
		generation: written.g,
		settled: readRanges(written.s ?? '', position),
		group:
			written.r === undefined
				? null
				: {
						generation: written.g,
						types: written.t ?? null,
						lifetime: written.e === 1 ? 'ephemeral' : 'durable',
						retentionMs: written.r,
						at: written.at ?? 0,
					},
	};
}

export function standingOf(position: number, record: CommitRecord | null): Standing {
	return { position, settled: record?.settled ?? [] };
}

function parsed(text: string | null): Written | null {
	if (!text?.startsWith('{')) return null;
	try {
		const value = JSON.parse(text) as Partial<Written>;
		return value.v === VERSION && typeof value.g === 'number' ? (value as Written) : null;
	} catch {
		// Another program's.
		return null;
	}
}

/** Distances in turn: from the end of one range to the next, then its length; in base 36, divided by dots. */
function writeRanges(ranges: readonly SettledRange[], position: number, room: number): string {
	let at = position;
	let text = '';
	for (const { first, last } of ranges) {
		const part = `${text === '' ? '' : '.'}${(first - at).toString(36)}.${(last - first).toString(36)}`;
		if (text.length + part.length > room) break;
		text += part;
		at = last;
	}
	return text;
}

function readRanges(text: string, position: number): readonly SettledRange[] {
	if (text === '') return [];
	const numbers = text.split('.').map((part) => parseInt(part, 36));
	const ranges: SettledRange[] = [];
	let at = position;
	for (let index = 0; index + 1 < numbers.length; index += 2) {
		const first = at + (numbers[index] ?? 0);
		at = first + (numbers[index + 1] ?? 0);
		ranges.push({ first, last: at });
	}
	return ranges;
}
