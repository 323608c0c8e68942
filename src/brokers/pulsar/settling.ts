/**
 * Settling a delivery: acknowledged, copied for later into the retry topic, or given back.
 */
import type { HeldSettlement } from '../../broker/handOut';
import type { CallOptions, Delivery, Outcome } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import type { Inlet } from './inlet';
import type { Topic } from './names';
import type { Producers } from './producers';

/** What settles a delivery. */
export interface Native {
	readonly inlet: Inlet;
	readonly token: string;
}

export interface SettlingParts {
	readonly producers: Producers;
	readonly ordered: boolean;
	/** null: retry copies have no place. */
	readonly retry: () => Topic | null;
	/** Hands it out again after that time, without telling the server. */
	readonly keep: (delivery: Delivery, native: Native, delayMs: number) => void;
	/** What is given back cannot come again in its place. */
	readonly onOutOfOrder: () => void;
}

export class Settling {
	constructor(private readonly parts: SettlingParts) {}

	/** @throws EventBusError when it can be tried again */
	async settle(one: HeldSettlement<Native>, options: CallOptions): Promise<Outcome<object>> {
		const { inlet, token } = one.native;
		try {
			if (one.as === 'release') this.release(one.native);
			else if (one.as === 'ack' || (await this.copy(one, options))) inlet.acknowledge(token);
			return { ok: true };
		} catch (cause) {
			if (!inlet.lost.aborted) throw cause;
			const message = `The connection that ${one.delivery.message.id} came from has ended; it is delivered again`;
			return { ok: false, error: new EventBusError('lease-lost', message, { cause }) };
		}
	}

	/** Before anybody saw it. In order, it waits for the end of the connection. */
	giveBack({ inlet, token }: Native): void {
		if (!this.parts.ordered && !inlet.lost.aborted) inlet.giveBack(token);
	}

	/**
	 * Stored before the original is let go.
	 * @returns false: it cannot be copied, so the original is kept instead
	 * @throws EventBusError when it is not stored, and can be tried again
	 */
	private async copy(one: HeldSettlement<Native>, options: CallOptions): Promise<boolean> {
		if (one.as !== 'retry' && one.as !== 'defer') return true;
		const { delivery, native, delayMs, headers } = one;
		const message = { ...delivery.message, headers: { ...delivery.message.headers, ...headers } };
		const topic = this.parts.retry();
		const [sent] = topic === null ? [] : await this.parts.producers.send(topic, [{ message, delayMs }], options);
		if (sent?.ok) return true;
		if (sent && sent.error.code !== 'too-large') throw sent.error;
		// A message of others may be larger than what can be sent: it waits here, and its failures with it.
		this.parts.keep({ ...delivery, message }, native, delayMs);
		return false;
	}

	private release({ inlet, token }: Native): void {
		if (this.parts.ordered) this.parts.onOutOfOrder();
		else inlet.giveBack(token);
	}
}
