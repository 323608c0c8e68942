/**
 * Remembers what happens to events without being in anybody's way: facts wait in a bounded queue and are written in
 * batches, beside the flow. Whatever goes wrong here costs memories, never events.
 *
 * On a file the store is one thread that the built-in broker writes through as well. So after each batch the recorder
 * rests for a multiple of the time the batch took: it never has more than its share of the store. What comes faster than
 * that for long is not remembered, story by story; what waits too long all the same is dropped, oldest first.
 */
import type { Loan } from '../broker/connectionPool';
import { within } from '../broker/within';
import type { ConsumerFact } from '../consumer/types';
import { backoffDelay, type Backoff } from '../kernel/backoff';
import type { Clock } from '../kernel/clock';
import { isEventBusError, messageOf } from '../kernel/errors';
import type { Logger } from '../kernel/logger';
import type { StoreEngine } from '../store/engine';
import type { EventEnvelope } from '../event/envelope';
import { consumerFact, type ConsumingService, publishedFacts, type Publishing, type ReportedFact } from './facts';
import { keptEvent, type TrailPolicy } from './policy';
import { type Batch, RecorderQueue } from './recorderQueue';
import { isInSample, sampleAt } from './sampling';
import type { TrailFact } from './types';

export interface RecorderHost {
	/** @throws EventBusError when the store cannot be reached */
	borrowStore(): Promise<Loan<StoreEngine>>;
	readonly clock: Clock;
	readonly logger: Logger;
	/** 0 ≤ random < 1. */
	random(): number;
}

export interface RecorderSettings {
	readonly policy: TrailPolicy;
	/** How long events are remembered, milliseconds. */
	readonly retentionMs: number;
	/** What the trail takes in its store, roughly; the oldest events go first. */
	readonly maxBytes: number;
}

/** What waits at most: seconds of a flood, and memory that an n8n can spare. */
const QUEUE_BOUNDS = { facts: 20_000, bytes: 32 * 1024 * 1024 };
/** What is written in one commit; the thread of a file is busy with it for some 10 ms. */
const BATCH_BOUNDS = { facts: 500, bytes: 2 * 1024 * 1024 };
/** How long the first fact of a batch waits for others, milliseconds. */
const WAIT_MS = 200;
/**
 * The share of its store's time that the recorder takes. What a file has to copy later (checkpoints) costs as much again,
 * and is not seen here.
 */
const SHARE = 0.0125;
/** A store that is slow for another reason is not left alone for longer, milliseconds. */
const MAX_REST_MS = 5_000;
const CALL_TIMEOUT_MS = 10_000;
const BACKOFF: Backoff = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 0.2 };
/** A batch that the store refuses, and not for its own state, is in nobody's way for longer than that. */
const MAX_REFUSALS = 5;
const TELL_EVERY_MS = 60_000;
const FORGET_EVERY_MS = 10 * 60_000;
/** Events in one step of forgetting. */
const FORGET_AT_ONCE = 200;

export class TrailRecorder implements AsyncDisposable {
	private readonly queue = new RecorderQueue(QUEUE_BOUNDS);
	private readonly ending = new AbortController();
	private working: Promise<void> | null = null;
	private timer: NodeJS.Timeout | null = null;
	/** Rests until then, milliseconds since the epoch. */
	private restUntil = 0;
	private failures = 0;
	private refusals = 0;
	private toldAt = Number.NEGATIVE_INFINITY;
	/** Not told yet. */
	private lost = 0;
	private writtenFacts = 0;
	private lostFacts = 0;
	private readonly forgetting: NodeJS.Timeout;

	constructor(
		private readonly host: RecorderHost,
		private readonly settings: RecorderSettings,
	) {
		this.forgetting = setInterval(() => void this.forget(), FORGET_EVERY_MS);
		this.forgetting.unref();
	}

	/** Facts that wait, were written, and were lost. */
	get counts(): { readonly waiting: number; readonly written: number; readonly lost: number } {
		return { waiting: this.queue.size, written: this.writtenFacts, lost: this.lostFacts + this.lost };
	}

	/** Events that a broker has stored. */
	published(events: readonly EventEnvelope[], publishing: Publishing): void {
		this.record(publishedFacts(events, publishing));
	}

	/** What a consumer reports. */
	consumed(fact: ConsumerFact, by: ConsumingService): void {
		const reported = consumerFact(fact, by);
		if (reported) this.record([reported]);
	}

	/**
	 * Writes what waits now, without rests.
	 * @returns whether everything is written
	 */
	async flush(withinMs: number): Promise<boolean> {
		const isDone = new AbortController();
		const isLate = this.host.clock.sleep(withinMs, isDone.signal).then(
			() => true,
			() => true,
		);
		const until = this.host.clock.now() + withinMs;
		try {
			while (this.queue.size > 0 || this.working !== null) {
				const failures = this.failures;
				this.working ??= this.writeBatch(Math.max(1, until - this.host.clock.now()));
				if ((await Promise.race([this.working, isLate])) === true || this.failures > failures) return false;
			}
			return true;
		} finally {
			isDone.abort();
		}
	}

	/** Forgets what is older than the retention, in small steps. Returns how many steps it took. */
	async forget(): Promise<number> {
		const { clock, logger } = this.host;
		const before = clock.now() - this.settings.retentionMs;
		let steps = 0;
		try {
			for (let isMore = true; isMore && !this.ending.signal.aborted;) {
				await using loan = await this.host.borrowStore();
				const startedAt = performance.now();
				isMore = await loan.connection.write('forgetTrail', { before, limit: FORGET_AT_ONCE }, within(CALL_TIMEOUT_MS));
				steps += 1;
				await this.pause(restAfter(performance.now() - startedAt));
			}
		} catch (error) {
			logger.debug(`Old events of the trail are forgotten later: ${messageOf(error)}`);
		}
		return steps;
	}

	/** Stops; what waits still is written by `flush` before, or lost. */
	async [Symbol.asyncDispose](): Promise<void> {
		clearInterval(this.forgetting);
		if (this.timer) clearTimeout(this.timer);
		this.ending.abort();
		await this.working;
	}

	/** Never throws, never waits. */
	private record(reported: readonly ReportedFact[]): void {
		for (const { event, fact } of reported) {
			try {
				if (this.isWanted(event, fact)) this.queue.add(keptEvent(event, this.settings.policy), fact);
				else this.lost += 1;
			} catch (error) {
				this.lost += 1;
				this.host.logger.debug(`A fact of the trail is lost: ${messageOf(error)}`);
			}
		}
		this.tellLosses();
		this.schedule();
	}

	/** What was given up is always told. */
	private isWanted({ metadata }: EventEnvelope, { kind }: TrailFact): boolean {
		const oneOf = sampleAt(this.queue.fill);
		return kind === 'dead-letter' || kind === 'discarded' || isInSample(metadata.correlation_id, oneOf);
	}

	private schedule(): void {
		if (this.working !== null || this.ending.signal.aborted) return;
		const rest = Math.max(0, this.restUntil - this.host.clock.now());
		const isFull = this.queue.size >= BATCH_BOUNDS.facts;
		if (this.timer !== null && !(isFull && rest === 0)) return;
		if (this.timer !== null) clearTimeout(this.timer);
		this.timer = setTimeout(() => this.work(), isFull ? rest : Math.max(rest, WAIT_MS));
		this.timer.unref();
	}

	private work(): void {
		this.timer = null;
		if (this.working !== null || this.queue.size === 0) return;
		this.working = this.writeBatch(CALL_TIMEOUT_MS);
	}

	/** Never rejects. */
	private async writeBatch(timeoutMs: number): Promise<void> {
		const batch = this.queue.take(BATCH_BOUNDS);
		try {
			await using loan = await this.host.borrowStore();
			const startedAt = performance.now();
			const { maxBytes } = this.settings;
			await loan.connection.write('recordTrail', { entries: batch.entries, maxBytes }, within(timeoutMs));
			this.rest(restAfter(performance.now() - startedAt));
			this.writtenFacts += batch.facts.length;
			this.failures = 0;
			this.refusals = 0;
			this.tellLosses();
		} catch (error) {
			this.keepOrDrop(batch, error);
		} finally {
			this.working = null;
		}
		if (this.queue.size > 0) this.schedule();
	}

	private keepOrDrop(batch: Batch, error: unknown): void {
		this.failures += 1;
		const mayPass = isEventBusError(error) && error.retryable;
		this.refusals = mayPass ? 0 : this.refusals + 1;
		if (this.refusals >= MAX_REFUSALS) {
			this.lost += batch.facts.length;
			this.refusals = 0;
		} else this.queue.putBack(batch);
		this.rest(backoffDelay(BACKOFF, this.failures, this.host.random()));
		this.tell(`The event trail could not be written; ${this.queue.size} facts wait: ${messageOf(error)}`);
	}

	private rest(ms: number): void {
		this.restUntil = this.host.clock.now() + ms;
	}

	private tellLosses(): void {
		this.lost += this.queue.takeDropped();
		if (this.lost === 0 || !this.mayTell()) return;
		const what = `${this.lost} facts of the event trail are lost: more comes than it can write, or its store is away`;
		this.lostFacts += this.lost;
		this.lost = 0;
		this.tell(what);
	}

	private mayTell(): boolean {
		return this.host.clock.now() - this.toldAt >= TELL_EVERY_MS;
	}

	/** At most once a minute. */
	private tell(message: string): void {
		if (!this.mayTell()) return;
		this.toldAt = this.host.clock.now();
		this.host.logger.warn(message);
	}

	private async pause(ms: number): Promise<void> {
		await this.host.clock.sleep(ms, this.ending.signal).catch(() => undefined);
	}
}

/** So long that the work before it was no more than the share. */
function restAfter(workedMs: number): number {
	return Math.min(MAX_REST_MS, workedMs * (1 / SHARE - 1));
}
