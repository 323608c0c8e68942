/**
 * What is to be seen of an answer to a fetch, and where to go on. Pure.
 */
import type { FetchedPartition, IncomingRecord } from './protocol';

/** The first bytes of the key of a marker that ends a transaction in vain: version and kind, both 0. */
const ABORT_MARKER = Buffer.from([0, 0, 0, 0]);

type AbortedTransaction = NonNullable<FetchedPartition['abortedTransactions']>[number];

/** @param isAlone no other partition was asked for, so that an empty answer means that there is nothing at `from` */
export function readFetched(
	{ messages, abortedTransactions, lastStableOffset }: FetchedPartition,
	from: number,
	isAlone: boolean,
): { readonly records: readonly IncomingRecord[]; readonly next: number } {
	const last = messages.at(-1);
	// Compaction may leave batches without any record.
	if (!last) return { records: [], next: isAlone && Number(lastStableOffset) > from ? from + 1 : from };
	const seen = withoutAborted(messages, abortedTransactions ?? []);
	return {
		records: seen.filter(({ offset, isControlRecord }) => !isControlRecord && Number(offset) >= from).map(detached),
		next: Math.max(from, endOf(last)),
	};
}

/** Of the batch this record is in: what compaction removed behind it is passed over as well. */
function endOf({ offset, batchContext }: IncomingRecord): number {
	if (!batchContext) return Number(offset) + 1;
	return Math.max(Number(offset), Number(batchContext.firstOffset) + batchContext.lastOffsetDelta) + 1;
}

function withoutAborted(
	messages: readonly IncomingRecord[],
	aborted: readonly AbortedTransaction[],
): readonly IncomingRecord[] {
	if (aborted.length === 0) return messages;
	const toCome = aborted.toSorted((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
	const open = new Set<string>();
	return messages.filter(({ offset, key, isControlRecord, batchContext }) => {
		while (toCome[0] && Number(toCome[0].firstOffset) <= Number(offset)) open.add(toCome.shift()?.producerId ?? '');
		const producerId = batchContext?.producerId ?? '';
		if (isControlRecord && key?.subarray(0, 4).equals(ABORT_MARKER)) open.delete(producerId);
		return !(batchContext?.inTransaction && open.has(producerId));
	});
}

/** By itself: one message that is held for long must not keep the whole answer in memory, which may be megabytes. */
function detached({ offset, timestamp, key, value, headers = {}, isControlRecord }: IncomingRecord): IncomingRecord {
	const copies = Object.entries(headers).map(([name, values]) => [name, [values].flat().map(copyOf)] as const);
	return {
		offset,
		timestamp,
		key: copyOf(key),
		value: copyOf(value),
		headers: Object.fromEntries(copies),
		isControlRecord,
	};
}

function copyOf(bytes: Buffer | null): Buffer | null {
	return Buffer.isBuffer(bytes) ? Buffer.from(bytes) : null;
}
