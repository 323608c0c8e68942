/**
 * From work to settlement: the inbox, the run, and what follows from its verdict.
 *
 * A unit is what one run gets: one event, or a batch. Every path through here ends in exactly one settlement of every
 * delivery, or leaves it to its lease when the session is gone.
 */
import { randomUUID } from 'node:crypto';
import type { Delivery } from '../broker/types';
import { messageOf } from '../kernel/errors';
import { afterRun, describeFailure, type NextStep } from './afterRun';
import { mergeHistories } from './bookkeeping';
import type { Circuit } from './circuit';
import type { DeadLetterWriter } from './deadLetterWriter';
import type { InboxEntry } from './inbox';
import type { InboxClient } from './inboxClient';
import type { Intake } from './intake';
import type { KeyHold } from './keyHold';
import { timedRun } from './run';
import type { Session } from './session';
import type { Settler } from './settler';
import type { Slots } from './slots';
import type { ConsumerHost, ConsumerSettings, Handler, Verdict } from './types';
import { receivedEvent, undecoded, type Work } from './work';

export interface ProcessorParts {
	readonly settings: ConsumerSettings;
	/** A run that takes longer has failed, milliseconds. */
	readonly maxProcessingMs: number;
	readonly host: ConsumerHost;
	readonly handler: Handler;
	readonly intake: Intake;
	readonly inbox: InboxClient;
	readonly deadLetters: DeadLetterWriter;
	readonly settler: Settler;
	readonly hold: KeyHold;
	readonly slots: Slots;
	readonly circuit: Circuit;
	/** Aborts when nothing may be started any more. */
	readonly stopping: AbortSignal;
}

/** A unit's next run is due then, milliseconds since the epoch. */
interface Due {
	readonly works: readonly Work[];
	readonly at: number;
}

export class Processor {
	constructor(private readonly parts: ProcessorParts) {}

	/** Never rejects: a surprise is logged, and the lease brings the events back. */
	async process(session: Session, deliveries: readonly Delivery[]): Promise<void> {
		const { host, stopping } = this.parts;
		try {
			let due = await this.admit(session, deliveries);
			while (due.works.length > 0 && !session.over.aborted) {
				due = await this.attempt(due);
			}
		} catch (error) {
			if (stopping.aborted || session.over.aborted) return;
			host.logger.error(`Processing an event went wrong; it is delivered again: ${messageOf(error)}`);
			await Promise.all(deliveries.map((delivery) => session.settle({ delivery, as: 'release' })));
		}
	}

	/** Decodes and sorts out what needs no run. */
	private async admit(session: Session, deliveries: readonly Delivery[]): Promise<Due> {
		const { host, intake, deadLetters, settler } = this.parts;
		let at = 0;
		const admitted = await Promise.all(
			deliveries.map(async (delivery) => {
				const admission = intake.admit(session, delivery);
				if (admission.work === null) {
					const { reason, error } = admission;
					await deadLetters.writeBadPayload(undecoded(session, delivery, host.clock.now()), { reason, error });
					return null;
				}
				const { work, gate } = admission;
				if (gate.open) return work;
				if (gate.as === 'defer') {
					if (settler.keepsDelays(work)) await settler.defer(work, gate.until);
					else {
						// A broker without delays would hand it out again at once: it waits here.
						at = Math.max(at, gate.until);
						settler.observe(work, 'deferred');
						return work;
					}
				} else if (gate.as === 'dead-letter') {
					const { reason, error } = gate;
					await deadLetters.write({ work, reason, error, history: work.history });
				} else if (gate.as === 'bad-payload') {
					await deadLetters.writeBadPayload(work, { reason: 'invalid_payload', error: gate.error });
				} else if (await settler.settle(work, { as: 'ack' })) settler.observe(work, gate.as);
				return null;
			}),
		);
		return { works: admitted.filter((work) => work !== null), at };
	}

	/** One run of a unit. Returns what must run again while its lane is held. */
	private async attempt(due: Due): Promise<Due> {
		const { host, slots, circuit, inbox, stopping } = this.parts;
		const started = await this.untilStopping(async () => {
			if (due.at > host.clock.now()) await host.clock.sleep(due.at - host.clock.now(), stopping);
			await slots.take(stopping);
		});
		if (!started) return await this.giveBack(due.works);
		try {
			const admitted = await this.untilStopping(async () => await circuit.admit(stopping));
			const isOver = this.isStopping() || due.works.some((work) => work.session.over.aborted);
			if (!admitted || isOver) return await this.giveBack(due.works);
			const owner = randomUUID();
			const { ready, held } = await this.begin(due.works, owner);
			if (ready.length === 0) return held;
			if (this.isStopping()) {
				await inbox.release(distinctKeys(ready), owner);
				return await this.giveBack([...ready, ...held.works]);
			}
			const again = await this.conclude(ready, await this.run(ready, owner), owner);
			return { works: [...again.works, ...held.works], at: Math.max(again.at, held.at) };
		} finally {
			slots.give();
		}
	}

	private async run(works: readonly Work[], owner: string): Promise<readonly Verdict[]> {
		const { settings, maxProcessingMs, host, handler, inbox, circuit, settler } = this.parts;
		for (const work of works) settler.observe(work, 'started');
		const keys = works.map((work) => work.inboxKey);
		const stopExtending = inbox.keepExtending(keys, owner);
		try {
			const received = works.map((work) => receivedEvent(work, settings, host));
			const verdicts = await timedRun(handler, received, maxProcessingMs, host.clock);
			if (verdicts.every((verdict) => verdict.as === 'retry' && !verdict.asked)) circuit.failed();
			else circuit.succeeded();
			return verdicts;
		} finally {
			stopExtending();
		}
	}

	/** Asks the inbox which of the events may run now; the others are settled, or held where order is kept. */
	private async begin(works: readonly Work[], owner: string): Promise<{ ready: Work[]; held: Due }> {
		const { inbox, settings, host, settler } = this.parts;
		const ready: Work[] = [];
		const waiting: Work[] = [];
		let at = 0;
		const entries = await inbox.begin(distinctKeys(works), owner);
		const taken = new Set<string>();
		for (const work of works) {
			// The same event twice in one batch: the second waits for the verdict of the first.
			const entry: InboxEntry = taken.has(work.inboxKey)
				? { state: 'busy', until: host.clock.now() + settings.leaseMs }
				: (entries.get(work.inboxKey) ?? NEVER_SEEN);
			taken.add(work.inboxKey);
			if (entry.state === 'done') {
				if (await settler.settle(work, { as: 'ack' })) settler.observe(work, 'duplicate');
				continue;
			}
			const current = entry.state === 'new' ? { ...work, history: mergeHistories(work.history, entry) } : work;
			const until = entry.state === 'busy' ? entry.until : (current.history.notBefore ?? 0);
			if (until <= host.clock.now()) {
				if (!(await this.isSpent(current, owner))) ready.push(current);
				continue;
			}
			if (entry.state === 'new') await inbox.release([work.inboxKey], owner);
			if (!settler.holds(work)) await settler.defer(work, until);
			else {
				waiting.push(work);
				at = Math.max(at, until);
				settler.observe(work, 'deferred');
			}
		}
		return { ready, held: { works: waiting, at } };
	}

	/** True when the event must not run any more; it is a dead letter then. */
	private async isSpent(work: Work, owner: string): Promise<boolean> {
		const { settings, hold, inbox, deadLetters } = this.parts;
		const { history } = work;
		const finish = async () => await inbox.finish([work.inboxKey], owner);
		if (history.failures >= settings.retry.maxAttempts) {
			// The process ended between the last failed run and its dead letter.
			const error = history.lastError ?? 'All attempts failed';
			await deadLetters.write({ work, reason: 'max_attempts', error, history }, finish);
			return true;
		}
		const mayBeHeld = settings.afterDeadLetter === 'hold' && work.redrives === 0;
		if (mayBeHeld && (await hold.isHeld(work.delivery.lane, inbox.call()))) {
			const error = 'An earlier event of the same key is a dead letter: redrive that one first';
			await deadLetters.write({ work, reason: 'key_held', error, history }, finish);
			return true;
		}
		return false;
	}

	private async conclude(works: readonly Work[], verdicts: readonly Verdict[], owner: string): Promise<Due> {
		const { settings, host, settler } = this.parts;
		const now = host.clock.now();
		const again: Work[] = [];
		let at = 0;
		await Promise.all(
			works.map(async (work, index) => {
				const verdict = verdicts[index] ?? missingVerdict;
				const next = afterRun(verdict, work.history, settings.retry, now, host.random());
				if (next.step === 'finish') await this.finish(work, next.as, owner);
				else if (next.step === 'dead-letter') await this.giveUp(work, next, owner);
				else {
					await this.recordFailure(work, next, owner, now);
					if (!settler.holds(work)) await settler.retryLater(work, next, now);
					else {
						settler.reportRetry(work, next);
						again.push({ ...work, history: next.history });
						at = Math.max(at, now + next.delayMs);
					}
				}
			}),
		);
		return { works: again, at };
	}

	private async finish(work: Work, as: 'done' | 'handed-over', owner: string): Promise<void> {
		const { inbox, hold, settings, settler } = this.parts;
		await inbox.finish([work.inboxKey], owner);
		if (work.redrives > 0 && settings.afterDeadLetter === 'hold') {
			await hold.free(work.delivery.lane, work.event.event_id, inbox.call());
		}
		await settler.settle(work, { as: 'ack' });
		settler.observe(work, as);
	}

	private async giveUp(work: Work, next: NextStep & { step: 'dead-letter' }, owner: string): Promise<void> {
		const { inbox, hold, deadLetters, settings, host } = this.parts;
		if (settings.afterDeadLetter === 'hold' && settings.deadLetter) {
			await hold.hold(work.delivery.lane, work.event.event_id, inbox.call());
		}
		const letter = {
			work,
			reason: next.reason,
			error: describeFailure(next.error),
			history: next.history,
			run: next.error,
		};
		const written = await deadLetters.write(letter, async () => await inbox.finish([work.inboxKey], owner));
		// Not written: the session is gone. The failure is counted, so that the next delivery goes on from here.
		if (!written) await this.recordFailure(work, next, owner, host.clock.now());
	}

	private async recordFailure(
		work: Work,
		next: Exclude<NextStep, { step: 'finish' }>,
		owner: string,
		at: number,
	): Promise<void> {
		const notBefore = next.step === 'retry' ? at + next.delayMs : at;
		await this.parts.inbox.fail({ key: work.inboxKey, at, error: next.history.lastError ?? '', notBefore }, owner);
	}

	private async giveBack(works: readonly Work[]): Promise<Due> {
		await this.parts.settler.giveBack(works);
		return NOTHING_DUE;
	}

	private isStopping(): boolean {
		return this.parts.stopping.aborted;
	}

	/** False when the stop came first. */
	private async untilStopping(wait: () => Promise<void>): Promise<boolean> {
		try {
			await wait();
			return true;
		} catch (error) {
			if (this.parts.stopping.aborted) return false;
			throw error;
		}
	}
}

const NOTHING_DUE: Due = { works: [], at: 0 };

const NEVER_SEEN: InboxEntry = { state: 'new', failures: 0, firstFailureAt: null, lastError: null, notBefore: null };

const missingVerdict: Verdict = {
	as: 'retry',
	error: { name: '', message: 'The run gave no verdict for this event', retryable: true },
};

function distinctKeys(works: readonly Work[]): readonly string[] {
	return [...new Set(works.map((work) => work.inboxKey))];
}
