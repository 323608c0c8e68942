/**
 * A counting semaphore in order of arrival: how many runs go on at once.
 */
export class Slots {
	private free: number;
	private readonly waiting: (() => void)[] = [];

	constructor(count: number) {
		this.free = count;
	}

	async take(): Promise<void> {
		if (this.free > 0) {
			this.free -= 1;
			return;
		}
		await new Promise<void>((resolve) => this.waiting.push(resolve));
	}

	give(): void {
		const next = this.waiting.shift();
		if (next) next();
		else this.free += 1;
	}
}
