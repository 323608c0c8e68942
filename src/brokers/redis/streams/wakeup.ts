/**
 * One timer for the earliest of several moments.
 */
export class Wakeup {
	private timer: NodeJS.Timeout | null = null;
	private at = Infinity;

	constructor(private readonly work: () => Promise<void>) {}

	/** At the latest then; what is earlier already stays. */
	in(ms: number): void {
		const at = Date.now() + ms;
		if (at >= this.at) return;
		this.stop();
		this.at = at;
		// Node counts longer timers as none; then it is looked at again.
		this.timer = setTimeout(() => this.ring(), Math.min(Math.max(1, Math.ceil(ms)), 2 ** 31 - 1));
		this.timer.unref();
	}

	stop(): void {
		if (this.timer) clearTimeout(this.timer);
		this.timer = null;
		this.at = Infinity;
	}

	private ring(): void {
		this.stop();
		void this.work();
	}
}
