/**
 * Requests of AWS carry ten entries and only so many bytes: what goes into which.
 */
/** Most entries of a batch request. */
export const MAX_ENTRIES = 10;

/** Consecutive items, ten at most and no more bytes than allowed; a larger one goes alone, for AWS to refuse. */
export function inBatches<T>(
	items: readonly T[],
	maxBytes: number,
	bytesOf: (item: T) => number,
): readonly (readonly T[])[] {
	const batches: T[][] = [];
	let [batch, bytes]: [T[], number] = [[], 0];
	for (const item of items) {
		const more = bytesOf(item);
		if (batch.length > 0 && (batch.length === MAX_ENTRIES || bytes + more > maxBytes)) {
			batches.push(batch);
			[batch, bytes] = [[], 0];
		}
		batch.push(item);
		bytes += more;
	}
	if (batch.length > 0) batches.push(batch);
	return batches;
}

export function inTens<T>(items: readonly T[]): readonly (readonly T[])[] {
	return inBatches(items, 0, () => 0);
}
