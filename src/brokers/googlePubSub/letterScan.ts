/**
 * The messages of a subscription, looked at without taking them: each is leased while it is looked at, and given back.
 *
 * Pub/Sub can only pull. What was pulled is kept for a moment, so that the next page, or the removal of what was just
 * shown, need not begin anew.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, WireMessage } from '../../broker/types';
import type { PubSubLink } from './client';
import { bareId } from './names';
import { Leases } from './leases';
import type { Received } from './reader';
import { fromNative, storedAt } from './wire';

export interface Letter {
	readonly id: string;
	readonly message: WireMessage;
	/** When it was stored, comparable as text. */
	readonly storedAt: string;
	readonly ackId: string;
}

const LEASE_SECONDS = 30;
/** Given back this long after the last look, milliseconds. */
const IDLE_MS = 2000;
/** Given back before the first lease ends, milliseconds. */
const LONGEST_MS = 20_000;
const AT_ONCE = 1000;
/** Google asks only some of its servers, and finds nothing now and then. */
const EMPTY_PULLS = 3;
const BETWEEN_PULLS_MS = 100;
/** More is read by nobody, and has to be kept in memory. */
const MOST_LETTERS = 5000;
const MOST_BYTES = 64 * 1024 * 1024;
const GIVE_BACK_MS = 10_000;

export class LetterScan {
	private readonly letters = new Map<string, Letter>();
	private readonly leases: Leases;
	private bytes = 0;
	private startedAt = 0;
	private idle: NodeJS.Timeout | null = null;
	private turn: Promise<unknown> = Promise.resolve();

	/** @param path of the subscription */
	constructor(
		private readonly link: PubSubLink,
		readonly path: string,
	) {
		this.leases = new Leases(link, path);
	}

	/** Oldest first; without those that somebody else looks at. */
	async look(options: CallOptions): Promise<readonly Letter[]> {
		return await this.inTurn(async () => {
			await this.pullAll(options);
			return this.seen();
		});
	}

	/** What was looked at before, if it is still held. */
	async again(options: CallOptions): Promise<readonly Letter[]> {
		return this.letters.size === 0 ? await this.look(options) : await this.inTurn(async () => this.seen());
	}

	/** @returns how many were there */
	async remove(ids: readonly string[], options: CallOptions): Promise<number> {
		return await this.inTurn(async () => {
			if (!ids.every((id) => this.letters.has(id))) await this.pullAll(options);
			const found = ids.flatMap((id) => this.letters.get(id) ?? []);
			await Promise.all(found.map(async ({ ackId }) => await this.leases.acknowledge(ackId)));
			for (const { id } of found) this.letters.delete(id);
			return found.length;
		});
	}

	/** Gives everything back. */
	async end(): Promise<void> {
		if (this.idle) clearTimeout(this.idle);
		this.idle = null;
		const held = [...this.letters.values()].map(({ ackId }) => ackId);
		this.letters.clear();
		this.bytes = 0;
		await this.leases.changeAll(held, 0, { signal: new AbortController().signal, timeoutMs: GIVE_BACK_MS });
	}

	private seen(): readonly Letter[] {
		return [...this.letters.values()].sort(byAge);
	}

	private async pullAll(options: CallOptions): Promise<void> {
		for (let empty = 0; empty < EMPTY_PULLS;) {
			if (this.letters.size >= MOST_LETTERS || this.bytes >= MOST_BYTES) return;
			const received = await this.pull(options);
			if (received.length === 0) {
				empty += 1;
				await sleep(BETWEEN_PULLS_MS);
				continue;
			}
			empty = 0;
			await this.leases.changeAll(
				received.map(({ ackId }) => ackId ?? ''),
				LEASE_SECONDS,
				options,
			);
			for (const one of received) this.add(one);
		}
	}

	private async pull(options: CallOptions): Promise<readonly Received[]> {
		const call = { ...options, doing: `looking at ${bareId(this.path)}` };
		// A pull that waits may be cut in the moment it brings something, and that would be hidden for a while.
		const request = { subscription: this.path, maxMessages: AT_ONCE, returnImmediately: true };
		const [{ receivedMessages }] = await this.link.subscriber(call, async (client, gax) => {
			return await client.pull(request, gax);
		});
		return receivedMessages ?? [];
	}

	private add({ ackId, message: native }: Received): void {
		if (this.letters.size === 0) this.startedAt = Date.now();
		const message = fromNative(native ?? {});
		const id = native?.messageId ?? '';
		this.bytes += message.body.byteLength;
		this.letters.set(id, { id, message, storedAt: storedAt(native ?? {}), ackId: ackId ?? '' });
	}

	/** One after the other, so that nobody takes from under another's eyes. */
	private async inTurn<T>(work: () => Promise<T>): Promise<T> {
		const mine = this.turn.then(async () => {
			if (this.idle) clearTimeout(this.idle);
			// What is held longer may be with somebody else by now.
			if (this.letters.size > 0 && Date.now() > this.startedAt + LONGEST_MS) await this.end();
			try {
				return await work();
			} finally {
				this.idle = setTimeout(() => void this.inTurnEnd(), IDLE_MS);
				this.idle.unref();
			}
		});
		this.turn = mine.catch(() => undefined);
		return await mine;
	}

	private async inTurnEnd(): Promise<void> {
		const ending = this.turn.then(async () => await this.end());
		this.turn = ending.catch(() => undefined);
		await this.turn;
	}
}

export function byAge(a: Letter, b: Letter): number {
	return compare(a.storedAt, b.storedAt) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
