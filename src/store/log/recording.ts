/**
 * Makes durable what a reader has settled: one commit at a time, and all that is settled meanwhile goes into the next.
 */
import type { LaneWindow } from '../../broker/laneWindow';
import type { CallOptions } from '../../broker/types';
import type { StoreEngine } from '../engine';
import type { Change } from '../sql/commands';

export interface Reader {
	readonly name: string;
	readonly owner: string;
	readonly generation: number;
}

export class Recording {
	private queued: Change[] = [];
	private running: Promise<void> | null = null;
	private next: Promise<void> | null = null;
	private recorded = '';

	constructor(
		private readonly engine: StoreEngine,
		private readonly window: LaneWindow,
		private readonly reader: Reader,
	) {}

	/**
	 * Resolves when the changes, and whatever the window says is settled, are stored.
	 * @throws EventBusError `lease-lost` when somebody else reads the subscription: nothing was stored
	 */
	async record(changes: readonly Change[], options: CallOptions): Promise<void> {
		this.queued.push(...changes);
		this.next ??= this.afterRunning(options);
		await this.next;
	}

	/** Whether there is something that was not recorded. */
	get isBehind(): boolean {
		return this.queued.length > 0 || this.recorded !== this.standing().text;
	}

	private async afterRunning(options: CallOptions): Promise<void> {
		await this.running?.catch(() => undefined);
		this.next = null;
		this.running = this.write(options);
		await this.running;
	}

	private async write(options: CallOptions): Promise<void> {
		const changes = this.queued;
		this.queued = [];
		const { text, ...standing } = this.standing();
		try {
			const advance: Change = { do: 'advanceSubscription', args: { ...this.reader, ...standing } };
			// First, so that somebody who is no reader any more changes nothing.
			await this.engine.write('transact', { changes: [advance, ...changes] }, options);
			this.recorded = text;
		} catch (error) {
			this.queued = [...changes, ...this.queued];
			throw error;
		}
	}

	private standing() {
		const { position, settled } = this.window.standing;
		const last = position - 1;
		return { position: last, settled, text: JSON.stringify([last, settled]) };
	}
}
