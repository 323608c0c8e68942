/**
 * What is seen of an answer, and where reading goes on: with transactions, compaction and formats of old.
 */
import { readFetched } from './fetched';
import type { FetchedPartition, IncomingRecord } from './protocol';

interface Batch {
	readonly first: number;
	/** Offset of the last record that the batch ever had. */
	readonly last: number;
	readonly offsets: readonly number[];
	readonly producerId?: string;
	/** A marker that ends a transaction: 0 in vain, 1 for good. */
	readonly marker?: 0 | 1;
}

const records = ({ first, last, offsets, producerId, marker }: Batch): IncomingRecord[] =>
	offsets.map((offset) => ({
		offset: String(offset),
		timestamp: '0',
		key: marker === undefined ? Buffer.from('key') : Buffer.from([0, 0, 0, marker]),
		value: Buffer.from(`value ${offset}`),
		headers: {},
		isControlRecord: marker !== undefined,
		batchContext: {
			producerId: producerId ?? '-1',
			inTransaction: producerId !== undefined,
			firstOffset: String(first),
			lastOffsetDelta: last - first,
		},
	}));

const answer = (batches: readonly Batch[], more: Partial<FetchedPartition> = {}): FetchedPartition => ({
	partition: 0,
	errorCode: 0,
	highWatermark: '100',
	lastStableOffset: '100',
	messages: batches.flatMap(records),
	...more,
});

const plain = { first: 10, last: 12, offsets: [10, 11, 12] };
const inTransaction = { first: 10, last: 11, offsets: [10, 11], producerId: '7' };
const aborted = { abortedTransactions: [{ producerId: '7', firstOffset: '10' }] };

it.each<[string, FetchedPartition, number, readonly number[], number]>([
	['shows what is there', answer([plain]), 10, [10, 11, 12], 13],
	['leaves out what stands before the position in the same batch', answer([plain]), 11, [11, 12], 13],
	['passes over what compaction removed in the middle', answer([{ ...plain, offsets: [10, 12] }]), 10, [10, 12], 13],
	['passes over what compaction removed at the end', answer([{ ...plain, offsets: [10] }]), 10, [10], 13],
	['goes on when nothing is left from the position on', answer([{ ...plain, offsets: [10] }]), 11, [], 13],
	['stays when there is nothing new', answer([], { lastStableOffset: '10' }), 10, [], 10],
	['shows what a transaction wrote', answer([inTransaction]), 10, [10, 11], 12],
	['hides what was aborted', answer([inTransaction], aborted), 10, [], 12],
	[
		'hides only what that producer wrote before the marker',
		answer(
			[
				inTransaction,
				{ first: 12, last: 12, offsets: [12], producerId: '8' },
				{ first: 13, last: 13, offsets: [13], producerId: '7', marker: 0 },
				{ first: 14, last: 14, offsets: [14], producerId: '7' },
			],
			aborted,
		),
		10,
		[12, 14],
		15,
	],
])('%s', (_says, fetched, from, offsets, next) => {
	const read = readFetched(fetched, from, false);
	expect(read.records.map(({ offset }) => Number(offset))).toEqual(offsets);
	expect(read.next).toBe(next);
});

it('passes over an offset without any record only when no other partition was asked for', () => {
	const empty = answer([]);
	expect(readFetched(empty, 10, true).next).toBe(11);
	expect(readFetched(empty, 10, false).next).toBe(10);
});

it('keeps nothing of the whole answer', () => {
	const whole = Buffer.alloc(1_000_000, 'x');
	const [record] = records(plain);
	if (!record) throw new Error('There is no record');
	const value = whole.subarray(0, 10);
	const headers = { one: whole.subarray(10, 12), two: [whole.subarray(12, 14), null] };
	const [read] = readFetched(answer([], { messages: [{ ...record, value, headers }] }), 10, true).records;
	expect(read?.value).toEqual(value);
	expect(read?.headers).toEqual({ one: [Buffer.from('xx')], two: [Buffer.from('xx'), null] });
	const kept = [read?.value, read?.headers?.['one']].flat();
	expect(kept.some((bytes) => bytes?.buffer === whole.buffer)).toBe(false);
});

it('reads messages of a format without headers and batches', () => {
	const { headers: _headers, batchContext: _context, ...old } = records(plain)[0] ?? {};
	const read = readFetched(answer([], { messages: [old as IncomingRecord] }), 10, true);
	expect(read).toMatchObject({ next: 11, records: [{ headers: {} }] });
});
