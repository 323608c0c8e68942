/**
 * Requests of AWS carry ten entries and only so many bytes: what goes into which, and collecting what comes singly.
 */
import { EventBusError } from '../../kernel/errors';

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

/** An event that is settled waits this long for others that are, milliseconds: a request costs, and takes longer. */
const GATHER_MS = 5;

interface Waiting<I, R> {
	readonly item: I;
	readonly resolve: (result: R) => void;
	readonly reject: (error: unknown) => void;
}

/** Makes one request of items that come about the same time. */
export class Gatherer<I, R> {
	private waiting: Waiting<I, R>[] = [];
	private timer: NodeJS.Timeout | null = null;

	/** @param work gives one result an item, same order */
	constructor(private readonly work: (items: readonly I[]) => Promise<readonly R[]>) {}

	async add(item: I): Promise<R> {
		return await new Promise<R>((resolve, reject) => {
			this.waiting.push({ item, resolve, reject });
			if (this.waiting.length >= MAX_ENTRIES) this.flush();
			else this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
		});
	}

	private flush(): void {
		if (this.timer) clearTimeout(this.timer);
		this.timer = null;
		const batch = this.waiting;
		this.waiting = [];
		this.work(batch.map(({ item }) => item)).then(
			(results) => {
				batch.forEach(({ resolve, reject }, index) => {
					const result = results[index];
					if (result === undefined) reject(new EventBusError('bug', 'A batch gave no result for one of its entries'));
					else resolve(result);
				});
			},
			(error: unknown) => {
				for (const { reject } of batch) reject(error);
			},
		);
	}
}
