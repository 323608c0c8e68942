/**
 * What a subscription of ours says about itself in its labels: whose it is, what the group wants, and who reads it.
 *
 * Keys and values of labels take 63 lower-case letters, digits, dashes and underscores, so texts are written in base 32
 * and in pieces. There are at most 64 labels.
 */
import { createHash } from 'node:crypto';

const SOURCE = 'eb-source';
const GROUP = 'eb-group';
const TYPES = 'eb-types';
const TYPES_CODE = 'eb-types-code';
const LIFETIME = 'eb-lifetime';
const GENERATION = 'eb-generation';
const MEMBER = 'eb-member-';

const MAX_LABELS = 64;
const MAX_VALUE_LENGTH = 63;
/** The rest is for members. */
const MAX_TYPE_LABELS = 30;

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

export type Labels = Readonly<Record<string, string>>;

export interface GroupFacts {
	/** 'channel orders', 'dead letters of channel orders'. */
	readonly source: string;
	readonly group: string;
	readonly types: readonly string[];
	readonly lifetime: 'durable' | 'ephemeral';
	/** Counts up when the group is set back. */
	readonly generation: number;
}

export interface Member {
	readonly id: string;
	/** As `codeOf` gives it. */
	readonly types: string;
	/** Milliseconds since the epoch. */
	readonly joinedAt: number;
	/** Gone, if it was not heard of until then, milliseconds since the epoch. */
	readonly until: number;
}

export function factLabels({ source, group, types, lifetime, generation }: GroupFacts): Record<string, string> {
	const text = pieces(TYPES, types.join(' '));
	return {
		...pieces(SOURCE, source),
		...pieces(GROUP, group),
		[LIFETIME]: lifetime,
		[GENERATION]: String(generation),
		[TYPES_CODE]: codeOf(types),
		...(Object.keys(text).length <= MAX_TYPE_LABELS ? text : {}),
	};
}

/** null: the subscription is none of ours. */
export function readFacts(labels: Labels): GroupFacts | null {
	const [source, group] = [joined(SOURCE, labels), joined(GROUP, labels)];
	if (source === '' || group === '') return null;
	const types = joined(TYPES, labels);
	return {
		source,
		group,
		types: types === '' ? [] : types.split(' '),
		lifetime: labels[LIFETIME] === 'ephemeral' ? 'ephemeral' : 'durable',
		generation: Number(labels[GENERATION] ?? 1) || 1,
	};
}

/** Whether the labels say other types than these. */
export function saysOtherTypes(labels: Labels, types: readonly string[]): boolean {
	return labels[TYPES_CODE] !== codeOf(types);
}

/** Without what `factLabels` writes: what others wrote, and the members. */
export function withoutFacts(labels: Labels): Record<string, string> {
	const ours = new Set([LIFETIME, GENERATION, TYPES_CODE]);
	const isFact = (name: string) =>
		ours.has(name) || [SOURCE, GROUP, TYPES].some((prefix) => name.startsWith(`${prefix}-`) || name === prefix);
	return Object.fromEntries(Object.entries(labels).filter(([name]) => !isFact(name)));
}

export function memberId(consumer: string): string {
	return codeOf([consumer]);
}

export function readMembers(labels: Labels): readonly Member[] {
	return Object.entries(labels).flatMap(([name, value]) => {
		if (!name.startsWith(MEMBER)) return [];
		const [joinedAt = '', until = '', types = ''] = value.split('_');
		return [{ id: name.slice(MEMBER.length), joinedAt: parseInt(joinedAt, 36), until: parseInt(until, 36), types }];
	});
}

/** With this member, and without those that were not heard of; unchanged when there is no place for one more. */
export function withMember(labels: Labels, member: Member, now: number): Record<string, string> {
	const kept = withoutMember(labels, member.id, now);
	if (Object.keys(kept).length >= MAX_LABELS) return kept;
	const value = [member.joinedAt.toString(36), member.until.toString(36), member.types].join('_');
	return { ...kept, [`${MEMBER}${member.id}`]: value };
}

export function withoutMember(labels: Labels, id: string, now: number): Record<string, string> {
	const gone = new Set(readMembers(labels).flatMap((one) => (one.id === id || one.until < now ? [one.id] : [])));
	return Object.fromEntries(Object.entries(labels).filter(([name]) => !gone.has(name.slice(MEMBER.length))));
}

/** Equal for equal texts. */
export function codeOf(texts: readonly string[]): string {
	return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
}

function pieces(name: string, text: string): Record<string, string> {
	const coded = base32(Buffer.from(text));
	const parts = coded.match(new RegExp(`.{1,${MAX_VALUE_LENGTH}}`, 'g')) ?? [];
	return Object.fromEntries(parts.map((part, index) => [`${name}-${index}`, part]));
}

function joined(name: string, labels: Labels): string {
	const parts: string[] = [];
	for (let index = 0; labels[`${name}-${index}`] !== undefined; index += 1)
		parts.push(labels[`${name}-${index}`] ?? '');
	return fromBase32(parts.join('')).toString();
}

function base32(bytes: Uint8Array): string {
	const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
	const groups = bits.match(/.{1,5}/g) ?? [];
	return groups.map((group) => ALPHABET[parseInt(group.padEnd(5, '0'), 2)]).join('');
}

function fromBase32(text: string): Buffer {
	const bits = text.replaceAll(/./g, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'));
	const bytes = bits.match(/.{8}/g) ?? [];
	return Buffer.from(bytes.map((byte) => parseInt(byte, 2)));
}
