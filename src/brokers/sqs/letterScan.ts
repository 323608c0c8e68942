/**
 * The messages of a queue, looked at without taking them: each is leased while it is looked at, and given back.
 *
 * SQS can only receive. What was received is kept for a moment, so that the next page, or the removal of what was just
 * shown, need not begin anew.
 */
import type { Message } from '@aws-sdk/client-sqs';
import type { CallOptions, WireMessage } from '../../broker/types';
import { inTens, MAX_ENTRIES } from './batches';
import type { AwsLink } from './client';
import { entryError } from './errors';
import type { Queue, Queues } from './queues';
import { fromNative } from './wire';

export interface Letter {
	readonly id: string;
	readonly message: WireMessage;
	/** When it was sent to the queue, milliseconds since the epoch. */
	readonly sentAt: number;
	/** Of a FIFO queue, comparable as text. '' elsewhere. */
	readonly sequence: string;
	readonly handle: string;
}

const LEASE_SECONDS = 30;
/** Given back this long after the last look, milliseconds. */
const IDLE_MS = 2000;
/** Given back before the first lease ends, milliseconds. */
const LONGEST_MS = 20_000;
/** A short poll asks only some of the servers of AWS, and finds nothing now and then. */
const WAIT_SECONDS = 1;
/** More is read by nobody, and has to be kept in memory. */
const MOST_LETTERS = 5000;
const MOST_BYTES = 64 * 1024 * 1024;
/** For what somebody else is looking at, milliseconds. */
const PATIENCE_MS = 4000;
const GIVE_BACK_MS = 10_000;

export class LetterScan {
	private readonly letters = new Map<string, Letter>();
	private bytes = 0;
	private isComplete = true;
	private startedAt = 0;
	private idle: NodeJS.Timeout | null = null;
	private turn: Promise<unknown> = Promise.resolve();

	constructor(
		private readonly link: AwsLink,
		private readonly queues: Queues,
		readonly queue: Queue,
	) {}

	/** Oldest first. @returns complete false: there are more than can be looked at, or somebody else holds some */
	async look(options: CallOptions): Promise<{ readonly letters: readonly Letter[]; readonly complete: boolean }> {
		return await this.inTurn(async () => {
			this.isComplete = await this.readAll(options);
			return this.seen();
		});
	}

	/** What was looked at before, if it is still held. */
	async again(options: CallOptions): Promise<{ readonly letters: readonly Letter[]; readonly complete: boolean }> {
		if (this.letters.size === 0) return await this.look(options);
		return await this.inTurn(async () => this.seen());
	}

	/** @returns how many were there */
	async remove(ids: readonly string[], options: CallOptions): Promise<number> {
		return await this.inTurn(async () => {
			const isHeld = (id: string) => this.letters.has(id);
			if (!ids.every(isHeld)) await this.readAll(options);
			const handles = ids.flatMap((id) => this.letters.get(id)?.handle ?? []);
			for (const ten of inTens(handles)) await this.delete(ten, options);
			for (const id of ids) this.letters.delete(id);
			return handles.length;
		});
	}

	/** Gives everything back. */
	async end(): Promise<void> {
		if (this.idle) clearTimeout(this.idle);
		this.idle = null;
		const held = [...this.letters.values()];
		this.letters.clear();
		this.bytes = 0;
		const call = { signal: new AbortController().signal, timeoutMs: GIVE_BACK_MS, doing: 'giving dead letters back' };
		for (const ten of inTens(held)) {
			const Entries = ten.map(({ handle }, index) => ({
				Id: String(index),
				ReceiptHandle: handle,
				VisibilityTimeout: 0,
			}));
			await this.link.sqs(call, async (sqs, http) => {
				return await sqs.changeMessageVisibilityBatch({ QueueUrl: this.queue.url, Entries }, http);
			});
		}
	}

	private seen() {
		return { letters: [...this.letters.values()].sort(byAge), complete: this.isComplete };
	}

	private async readAll(options: CallOptions): Promise<boolean> {
		const counts = await this.queues.counts(this.queue, options);
		const elsewhere = Math.max(0, (counts?.inFlight ?? 0) - this.letters.size);
		const patientUntil = Date.now() + (elsewhere > 0 ? PATIENCE_MS : 0);
		const expected = this.letters.size + (counts?.backlog ?? 0) + elsewhere;
		for (;;) {
			if (this.letters.size >= MOST_LETTERS || this.bytes >= MOST_BYTES) return false;
			const received = await this.receive(options);
			for (const one of received) this.add(one);
			if (received.length > 0) continue;
			if (this.letters.size >= expected || elsewhere === 0) return true;
			if (Date.now() > patientUntil) return false;
		}
	}

	private async receive(options: CallOptions): Promise<readonly Message[]> {
		const call = { ...options, doing: `looking at ${this.queue.name}` };
		const { Messages = [] } = await this.link.sqs(call, async (sqs, http) => {
			const request = {
				QueueUrl: this.queue.url,
				MaxNumberOfMessages: MAX_ENTRIES,
				WaitTimeSeconds: WAIT_SECONDS,
				VisibilityTimeout: LEASE_SECONDS,
				MessageAttributeNames: ['All'],
				MessageSystemAttributeNames: ['All' as const],
			};
			return await sqs.receiveMessage(request, http);
		});
		return Messages;
	}

	private add(received: Message): void {
		if (this.letters.size === 0) this.startedAt = Date.now();
		const { MessageId: id = '', ReceiptHandle: handle = '', Attributes: attributes = {} } = received;
		const message = fromNative(received, false);
		this.bytes += message.body.byteLength;
		this.letters.set(id, {
			id,
			message,
			handle,
			sentAt: Number(attributes.SentTimestamp ?? 0),
			sequence: (attributes.SequenceNumber ?? '').padStart(40, '0'),
		});
	}

	private async delete(handles: readonly string[], options: CallOptions): Promise<void> {
		const call = { ...options, doing: `removing from ${this.queue.name}` };
		const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
		const { Failed = [] } = await this.link.sqs(call, async (sqs, http) => {
			return await sqs.deleteMessageBatch({ QueueUrl: this.queue.url, Entries }, http);
		});
		if (Failed[0]) throw entryError(Failed[0], call.doing);
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
	return a.sentAt - b.sentAt || compare(a.sequence, b.sequence) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
