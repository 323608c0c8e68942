/**
 * What was heard and never processed, counted by channel: there is nobody to ask for it again.
 */
import type { Clock } from '../../../kernel/clock';
import type { Logger } from '../../../kernel/logger';

/** Between two lines in the log about one channel, milliseconds: thousands may be lost in a second. */
const TELL_EVERY_MS = 10_000;
/** So long after a loss the connection counts as degraded, milliseconds. */
const DEGRADED_MS = 60_000;

interface Loss {
	count: number;
	told: number;
	toldAt: number;
}

export class Losses {
	private readonly byName = new Map<string, Loss>();
	private lastAt = -Infinity;

	constructor(
		private readonly clock: Clock,
		private readonly logger: Logger,
	) {}

	get total(): number {
		return [...this.byName.values()].reduce((sum, { count }) => sum + count, 0);
	}

	get isRecent(): boolean {
		return this.clock.now() - this.lastAt < DEGRADED_MS;
	}

	of(name: string): number {
		return this.byName.get(name)?.count ?? 0;
	}

	/** Told at once, and then now and then. */
	note(name: string, count = 1): void {
		const now = this.clock.now();
		const loss = this.byName.get(name) ?? { count: 0, told: 0, toldAt: -Infinity };
		loss.count += count;
		this.byName.set(name, loss);
		this.lastAt = now;
		if (now - loss.toldAt >= TELL_EVERY_MS) this.tell(name, loss, now);
	}

	/** What has not been told yet. */
	flush(): void {
		for (const [name, loss] of this.byName) if (loss.count > loss.told) this.tell(name, loss, this.clock.now());
	}

	private tell(name: string, loss: Loss, now: number): void {
		this.logger.warn(
			`${loss.count - loss.told} events of ${name} are lost: they came faster than they were processed, or when their reader stopped, and Redis Pub/Sub keeps nothing`,
		);
		loss.told = loss.count;
		loss.toldAt = now;
	}
}
