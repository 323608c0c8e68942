/**
 * The circuit breaker: when run after run fails, the cause is not the event, so events are spared.
 *
 * Open, it lets one run through per probe interval; the first success closes it.
 */
import type { Clock } from '../kernel/clock';
import type { CircuitSettings } from './types';

export class Circuit {
	private failuresInARow = 0;
	private nextProbeAt = 0;

	constructor(
		private readonly settings: CircuitSettings,
		private readonly clock: Clock,
		private readonly changed: (state: 'circuit-open' | 'circuit-closed', detail: string) => void,
	) {}

	get isOpen(): boolean {
		return this.failuresInARow >= this.settings.failures;
	}

	/** Resolves when a run may start. Rejects with the signal's reason. */
	async admit(signal: AbortSignal): Promise<void> {
		while (this.isOpen) {
			const now = this.clock.now();
			if (now >= this.nextProbeAt) {
				this.nextProbeAt = now + this.settings.probeMs;
				return;
			}
			await this.clock.sleep(this.nextProbeAt - now, signal);
		}
	}

	succeeded(): void {
		const wasOpen = this.isOpen;
		this.failuresInARow = 0;
		if (wasOpen) this.changed('circuit-closed', 'A run succeeded: events flow again');
	}

	failed(): void {
		this.failuresInARow += 1;
		if (this.failuresInARow !== this.settings.failures) return;
		this.nextProbeAt = this.clock.now() + this.settings.probeMs;
		this.changed(
			'circuit-open',
			`${this.failuresInARow} runs failed in a row: one event per ${this.settings.probeMs} ms is tried until one succeeds`,
		);
	}
}
