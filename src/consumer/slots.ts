/**
 * A counting semaphore in order of arrival: how many runs go on at once.
 */
export class Slots {
	private free: number;
	private readonly waiting: (() => void)[] = [];

	constructor(count: number) {
		this.free = count;
	}

	/** Rejects with the signal's reason when it aborts before there is a free one. */
	async take(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (this.free > 0) {
			this.free -= 1;
			return;
		}
		await new Promise<void>((resolve, reject) => {
			const mine = () => {
				signal.removeEventListener('abort', giveUp);
				resolve();
			};
			const giveUp = () => {
				this.waiting.splice(this.waiting.indexOf(mine), 1);
				reject(signal.reason as Error);
			};
			this.waiting.push(mine);
			signal.addEventListener('abort', giveUp, { once: true });
		});
	}

	give(): void {
		const next = this.waiting.shift();
		if (next) next();
		else this.free += 1;
	}
}
