/**
 * Settling what a member holds: every call is decided on the server, entry by entry, by who holds it now.
 */
import { leaseLost, type Held, type HeldSettlement } from '../../../broker/handOut';
import type { CallOptions, Delivery, Outcome } from '../../../broker/types';
import type { RedisLink } from '../client';
import type { Script } from '../script';
import { ACK, EXTEND, RELEASE, RETRY } from './deliveryScripts';
import { toFields } from './entry';
import type { Membership } from './membership';

/** Where a delivery is on the server. */
export interface Place {
	readonly stream: string;
	readonly id: string;
	/** For a copy: the id in the stream that everybody reads; null: this message began with the group (a redrive). */
	readonly origin: string | null;
}

export class Settling {
	constructor(
		private readonly link: RedisLink,
		private readonly member: Membership,
		private readonly group: string,
	) {}

	async settle(held: readonly HeldSettlement<Place>[], call: CallOptions): Promise<readonly Outcome<object>[]> {
		const outcomes = new Map<Delivery, boolean>();
		const note = (items: readonly Held<Place>[], done: readonly boolean[]) => {
			items.forEach(({ delivery }, index) => outcomes.set(delivery, done[index] ?? false));
		};
		const acked = held.filter(({ as }) => as === 'ack');
		const released = held.filter(({ as }) => as === 'release');
		await Promise.all([
			this.each(ACK, acked, call).then((done) => note(acked, done)),
			this.each(RELEASE, released, call).then((done) => note(released, done)),
			...held.map(async (one) => {
				if (one.as === 'retry' || one.as === 'defer') note([one], [await this.putOff(one, call)]);
			}),
		]);
		return held.map(({ delivery }) =>
			outcomes.get(delivery) ? { ok: true } : { ok: false, error: leaseLost(delivery) },
		);
	}

	/** @returns per entry, whether it was still ours */
	async extend(held: readonly Held<Place>[], call: CallOptions): Promise<readonly boolean[]> {
		return await this.each(EXTEND, held, call);
	}

	/** For what nobody was given. */
	async release(places: readonly Pick<Place, 'stream' | 'id'>[], call: CallOptions): Promise<void> {
		await this.each(
			RELEASE,
			places.map((native) => ({ native })),
			call,
		);
	}

	private async each(
		script: Script,
		items: readonly { readonly native: Pick<Place, 'stream' | 'id'> }[],
		call: CallOptions,
	): Promise<readonly boolean[]> {
		if (items.length === 0) return [];
		const keys = this.keysOf(items);
		const args = items.flatMap(({ native: { stream, id } }) => [String(keys.indexOf(stream) + 1), id]);
		const reply = await this.link.run(script, keys, [this.group, this.member.name, ...args], {
			...call,
			doing: 'settling deliveries',
		});
		return (reply as readonly number[]).map((one) => one === 1);
	}

	private async putOff(
		{ delivery, native, headers, delayMs }: Extract<HeldSettlement<Place>, { as: 'retry' | 'defer' }>,
		call: CallOptions,
	): Promise<boolean> {
		const { ready, retry } = this.member.keys;
		const keys = native.stream === ready ? [ready, retry] : [ready, retry, native.stream];
		const { message } = delivery;
		const copy = toFields({ ...message, headers: { ...message.headers, ...headers } }, native.origin);
		const place = [String(keys.indexOf(native.stream) + 1), native.id, String(Math.ceil(delayMs))];
		const reply = await this.link.run(RETRY, keys, [this.group, this.member.name, ...place, ...copy], {
			...call,
			doing: 'keeping a copy for later',
		});
		return reply === 1;
	}

	/** The ready stream first, as the scripts want it. */
	private keysOf(items: readonly { readonly native: Pick<Place, 'stream'> }[]): readonly string[] {
		return [...new Set([this.member.keys.ready, ...items.map(({ native }) => native.stream)])];
	}
}
