/**
 * Looks after one saga: sends what is due, records what came of it, and goes on until it has ended.
 *
 * One runner at a time has the lease of a saga. One that dies leaves it to the next, which sends again what it does not
 * know the end of, with the same idempotency keys. A runner that only seemed dead is stopped by the record: whatever it
 * records must follow on what is recorded.
 */
import type { CallOptions } from '../broker/types';
import { within } from '../broker/within';
import type { Json } from '../event/envelope';
import { isEventBusError } from '../kernel/errors';
import { attemptStep, noAnswer } from './attempt';
import { actionOf, idempotencyKey } from './command';
import { decide, type SagaInput } from './decide';
import type { Attempt, SagaFact } from './facts';
import { noSaga } from './fromOutside';
import { Lease } from './lease';
import { patiently } from './patience';
import { effortOf, isEnded, type SagaState, stepOf } from './state';
import type { RunOptions, SagaHost } from './types';
import { awaitedTimes, deadlineOf, inFlight, unprepared, type Work, workOf } from './work';
import { preparedUndo, workOut } from './working';

/** How often the store is asked for news of other processes, milliseconds. */
const ASK_EVERY_MS = 1000;

/**
 * Takes the saga to its end, or as far as `waitMs` allows; if another runner has it, follows that one.
 *
 * @returns the saga as it is then
 * @throws EventBusError `not-found`, or as the store
 */
export async function runSaga(id: string, host: SagaHost, options: RunOptions): Promise<SagaState> {
	const until = host.clock.now() + options.waitMs;
	const reload = async () => await loaded(id, host, within(options.timeoutMs));
	let state = await reload();
	while (!isEnded(state) && !options.signal.aborted) {
		const lease = await Lease.take(id, host, options);
		if (lease !== null) {
			const after = await new Runner(id, host, lease, until, options).drive();
			if (after !== null) return after;
		} else {
			if (host.clock.now() >= until) return state;
			await host.clock.sleep(ASK_EVERY_MS, options.signal).catch(() => undefined);
		}
		state = await patiently(reload, host, { until, signal: options.signal });
	}
	return state;
}

async function loaded(id: string, { journal }: SagaHost, call: CallOptions): Promise<SagaState> {
	const state = await journal.load(id, call);
	if (state) return state;
	throw noSaga(id);
}

class Runner {
	/** Attempts of this runner of which it is not recorded what came of them. */
	private readonly performing = new Set<string>();
	private readonly arrived: { readonly key: string; readonly input: SagaInput }[] = [];
	private isNews = false;
	private wake: () => void = () => undefined;

	constructor(
		private readonly id: string,
		private readonly host: SagaHost,
		private readonly lease: Lease,
		private readonly until: number,
		private readonly options: RunOptions,
	) {}

	/** @returns null: the lease was lost, and somebody else goes on */
	async drive(): Promise<SagaState | null> {
		const stopListening = this.host.news.listen(this.id, () => {
			this.isNews = true;
			this.wake();
		});
		this.lease.lost.addEventListener('abort', () => this.wake(), { once: true });
		try {
			return await this.loop(await this.reload());
		} catch (error) {
			if (this.lease.lost.aborted && isEventBusError(error) && error.code === 'version-conflict') return null;
			throw error;
		} finally {
			stopListening();
			await this.lease.end();
		}
	}

	/** What another runner has left in the middle is sent again. A published command is the broker's to keep. */
	private async takeOver(before: SagaState): Promise<SagaState> {
		let state = before;
		for (const { step, direction, attempt, effort } of inFlight(before)) {
			const isOurs = this.performing.has(keyOf({ step, direction, attempt }));
			if (effort.status !== 'sent' || isOurs) continue;
			state = await this.apply(state, { kind: 'interrupted', step, direction, attempt });
		}
		return state;
	}

	private get isOver(): boolean {
		return this.options.signal.aborted || this.host.clock.now() >= this.until;
	}

	private async loop(begun: SagaState): Promise<SagaState | null> {
		let state = begun;
		for (;;) {
			if (this.lease.lost.aborted) return null;
			const version = state.version;
			state = await this.step(state);
			if (isEnded(state) && this.performing.size === 0) return state;
			if (this.isOver && this.performing.size === 0) return state;
			if (state.version === version && this.arrived.length === 0) await this.rest(state);
		}
	}

	/** Everything that can be done without waiting. */
	private async step(before: SagaState): Promise<SagaState> {
		let state = before;
		for (let end = this.arrived.shift(); end; end = this.arrived.shift()) {
			state = await this.apply(state, end.input);
			this.performing.delete(end.key);
		}
		if (this.isNews) {
			this.isNews = false;
			state = await this.reload();
		}
		state = await this.takeOver(state);
		for (const step of unprepared(state)) state = await this.prepare(state, step);
		state = await this.giveUpLate(state);
		// Nothing new is begun by a run that somebody stops, or that waits no longer.
		if (this.isOver) return state;
		for (const work of workOf(state, this.host.clock.now())) state = await this.begin(state, work);
		return state;
	}

	private async giveUpLate(before: SagaState): Promise<SagaState> {
		let state = before;
		const now = this.host.clock.now();
		for (const one of inFlight(before)) {
			if (one.effort.status !== 'published' || deadlineOf(before, one) > now) continue;
			const { step, direction, attempt } = one;
			const failure = noAnswer(step, stepOf(state, step).timeoutMs);
			state = await this.apply(state, { kind: 'failed', step, direction, attempt, ...failure });
		}
		return state;
	}

	private async prepare(state: SagaState, step: string): Promise<SagaState> {
		const worked = workOut(state, step, 'undo', this.host);
		const prepared = worked.ok ? { command: worked.value, error: null } : { command: null, error: worked.error };
		return await this.apply(state, { kind: 'prepared', step, ...prepared });
	}

	/** Records the attempt, and then sends it. */
	private async begin(state: SagaState, { step, direction, isFirst }: Work): Promise<SagaState> {
		let command: Json = null;
		if (isFirst) {
			const worked = direction === 'do' ? workOut(state, step, 'do', this.host) : preparedUndo(state, step);
			if (!worked.ok) return await this.apply(state, { kind: 'unsendable', step, direction, error: worked.error });
			command = worked.value;
		}
		const { state: after, facts } = await this.record(state, { kind: 'send', step, direction, command });
		const sent = facts.find(({ kind }) => kind === 'sent');
		if (sent) void this.perform(after, { step, direction, attempt: effortOf(after, { step, direction }).attempt });
		return after;
	}

	/** Never rejects: what comes of it arrives as an input. */
	private async perform(state: SagaState, attempt: Attempt): Promise<void> {
		const { step, direction } = attempt;
		const key = keyOf(attempt);
		this.performing.add(key);
		const input = await attemptStep(
			{
				...attempt,
				saga: state,
				kind: actionOf(state, step, direction)?.kind ?? 'workflow',
				command: effortOf(state, attempt).command,
				timeoutMs: stepOf(state, step).timeoutMs,
				idempotencyKey: idempotencyKey(this.id, step, direction),
			},
			this.host,
		);
		this.arrived.push({ key, input });
		this.wake();
	}

	private async apply(state: SagaState, input: SagaInput): Promise<SagaState> {
		return (await this.record(state, input)).state;
	}

	/** @returns the facts that followed; none: nothing did, or they were there already */
	private async record(
		before: SagaState,
		input: SagaInput,
	): Promise<{ readonly state: SagaState; readonly facts: readonly SagaFact[] }> {
		const { journal, clock } = this.host;
		let known = before;
		for (;;) {
			const facts = decide(known, input, { now: clock.now(), random: this.host.random() });
			if (facts.length === 0) return { state: known, facts };
			try {
				return { state: await this.patiently(async () => await journal.record(known, facts, this.call)), facts };
			} catch (error) {
				if (!isEventBusError(error) || error.code !== 'version-conflict') throw error;
				// A reply or a wish came from elsewhere, or somebody else has the saga by now.
				if (!(await this.lease.stillHeld())) throw error;
				known = await this.reload();
			}
		}
	}

	private async reload(): Promise<SagaState> {
		return await this.patiently(async () => await loaded(this.id, this.host, this.call));
	}

	private async patiently<T>(work: () => Promise<T>): Promise<T> {
		return await patiently(work, this.host, { until: this.until, signal: this.options.signal });
	}

	/** Also when the run was stopped: what came of an attempt is still recorded. */
	private get call(): CallOptions {
		return within(this.options.timeoutMs);
	}

	/** Until something arrives, or it is time for something. */
	private async rest(state: SagaState): Promise<void> {
		const { clock, journal } = this.host;
		const woken = new AbortController();
		this.wake = () => woken.abort();
		const now = clock.now();
		const ends = this.isOver ? [] : [this.until, ...awaitedTimes(state)];
		const next = Math.min(now + ASK_EVERY_MS, ...ends);
		// A run that was stopped waits for its attempts all the same.
		const signal = this.isOver ? woken.signal : AbortSignal.any([woken.signal, this.options.signal]);
		if (this.isNews || this.arrived.length > 0) return;
		await clock.sleep(Math.max(1, next - now), signal).catch(() => undefined);
		if (woken.signal.aborted) return;
		const version = await this.patiently(async () => await journal.versionOf(this.id, this.call));
		if (version > state.version) this.isNews = true;
	}
}

function keyOf({ step, direction, attempt }: Attempt): string {
	return JSON.stringify([step, direction, attempt]);
}
