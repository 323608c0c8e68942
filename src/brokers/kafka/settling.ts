/**
 * Settling what a member holds: a copy for later is stored first, then the offset counts as settled, then the position
 * is committed. Of partitions that were lost nothing is settled.
 */
import { leaseLost, type HandOut, type HeldSettlement } from '../../broker/handOut';
import type { Delivery, Outcome } from '../../broker/types';
import { EventBusError, toEventBusError } from '../../kernel/errors';
import type { Committer } from './committer';
import type { LaneKeeper, Place } from './laneKeeper';
import type { LaterCopies } from './laterCopies';

export interface SettlingParts {
	readonly handOut: HandOut<Place>;
	readonly keeper: LaneKeeper;
	readonly committer: Committer;
	readonly laterCopies: LaterCopies;
	/** Whether what is given back must not be overtaken. */
	readonly ordered: boolean;
	readonly failed: (error: EventBusError) => void;
}

export class Settling {
	constructor(private readonly parts: SettlingParts) {}

	/** @throws EventBusError when it is to be tried again: what was done until then is not done twice */
	async settle(held: readonly HeldSettlement<Place>[], timeoutMs: number): Promise<readonly Outcome<object>[]> {
		const { keeper, committer } = this.parts;
		await Promise.all(held.map(async (one) => await this.prepare(one, timeoutMs)));
		const settled = held.filter(({ as, native }) => as !== 'release' && !native.lane.isLost);
		for (const { native } of settled) native.lane.settle(native.offset);
		keeper.bell.ring();
		if (settled.length > 0) await committer.commit();
		return held.map(({ delivery, native }): Outcome<object> =>
			native.lane.isLost ? { ok: false, error: leaseLost(delivery) } : { ok: true },
		);
	}

	/** What must be done before the message may be let go. */
	private async prepare(one: HeldSettlement<Place>, timeoutMs: number): Promise<void> {
		const { delivery, native } = one;
		if (native.lane.isLost) return;
		if (one.as === 'release') this.giveBack(delivery, native);
		if ((one.as !== 'retry' && one.as !== 'defer') || native.isCopied) return;
		const { message } = delivery;
		const copy = { ...message, headers: { ...message.headers, ...one.headers } };
		try {
			await this.parts.laterCopies.keep(copy, one.delayMs, timeoutMs);
			native.isCopied = true;
		} catch (cause) {
			const error = toEventBusError(cause, 'storing a message for later');
			// Nothing can be put off without this right: better to stop than to hold every message that fails.
			if (error.code === 'auth') this.parts.failed(error);
			throw error;
		}
	}

	private giveBack(delivery: Delivery, place: Place): void {
		const { handOut, ordered, failed } = this.parts;
		if (handOut.isOver) return;
		if (ordered) {
			// Later messages of the key may be on their way: only reading anew keeps the order.
			failed(new EventBusError('closed', 'A message was given back; the partition is read again to keep the order'));
			return;
		}
		handOut.forget(delivery);
		handOut.offer({ ...delivery }, { ...place });
	}
}
