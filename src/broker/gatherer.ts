/**
 * Makes one request of what comes singly about the same time: settlements of a broker that is asked over HTTP.
 */
import { EventBusError } from '../kernel/errors';

/** An event that is settled waits this long for others that are, milliseconds: a request costs, and takes longer. */
const GATHER_MS = 5;

interface Waiting<I, R> {
	readonly item: I;
	readonly resolve: (result: R) => void;
	readonly reject: (error: unknown) => void;
}

/** `I` is what comes singly, `R` what becomes of it. */
export class Gatherer<I, R> {
	private waiting: Waiting<I, R>[] = [];
	private timer: NodeJS.Timeout | null = null;

	/**
	 * @param most that fit into one request
	 * @param work gives one result an item, same order
	 */
	constructor(
		private readonly most: number,
		private readonly work: (items: readonly I[]) => Promise<readonly R[]>,
	) {}

	async add(item: I): Promise<R> {
		return await new Promise<R>((resolve, reject) => {
			this.waiting.push({ item, resolve, reject });
			if (this.waiting.length >= this.most) this.flush();
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
