/**
 * Sagas in the event store: each is a stream of its facts, so they are ordinary events of the category saga. How a saga
 * ends is published on the bus too, by the outbox, in the same commit.
 */
import type { CallOptions } from '../broker/types';
import { createEvent, newEventId } from '../event';
import type { EventEnvelope, Json } from '../event/envelope';
import type { Clock } from '../kernel/clock';
import { EventBusError } from '../kernel/errors';
import type { StoreEngine } from '../store/engine';
import { checkStreamName, SAGA_CATEGORY } from '../store/names';
import type { Change } from '../store/sql/commands';
import { type SagaEntry, type SagaFilter, sagaLease } from '../store/sql/sagas';
import { EventStore } from '../store/store';
import type { StoredEvent } from '../store/types';
import { type FactOf, isOutcome, type SagaFact } from './facts';
import { outcomeReport } from './report';
import { begin, evolve, type SagaState, statusOf } from './state';
import { dueAtOf } from './work';

export interface JournalOptions {
	readonly clock: Clock;
	/** Told the positions of outcomes that wait in the outbox. */
	readonly onPublish?: (target: string, positions: readonly number[]) => void;
}

export type NewSaga = { readonly id: string } & Omit<FactOf<'started'>, 'kind'>;

const STREAM_PREFIX = `${SAGA_CATEGORY}-`;
const TYPE_PREFIX = 'saga.';
/** A commit whose answer was lost is repeated with the same ids. */
const TRIES = 3;

export class SagaJournal {
	private readonly store: EventStore;

	constructor(
		readonly engine: StoreEngine,
		private readonly options: JournalOptions,
	) {
		this.store = new EventStore(engine);
	}

	/**
	 * @returns null: there is one with this id already
	 * @throws EventBusError `settings` | `too-large`, or as the store
	 */
	async start({ id, ...its }: NewSaga, call: CallOptions): Promise<SagaState | null> {
		const fact: SagaFact = { kind: 'started', ...its };
		const now = this.options.clock.now();
		const state = begin(checkSagaId(id), fact, now);
		try {
			await this.write(state, null, [fact], call);
			return state;
		} catch (error) {
			if (error instanceof EventBusError && error.code === 'version-conflict') return null;
			throw error;
		}
	}

	/** null: there is none. */
	async load(id: string, call: CallOptions): Promise<SagaState | null> {
		let state: SagaState | null = null;
		for await (const stored of this.store.read(streamOf(id), call)) state = replay(id, state, stored);
		return state;
	}

	/**
	 * Records what happened next, all or nothing.
	 * @throws EventBusError `version-conflict` when something else was recorded meanwhile
	 */
	async record(state: SagaState, facts: readonly SagaFact[], call: CallOptions): Promise<SagaState> {
		const now = this.options.clock.now();
		const after = facts.reduce((known, fact) => evolve(known, fact, now), state);
		await this.write(after, state, facts, call);
		return after;
	}

	/** Newest first. */
	async list(filter: SagaFilter, limit: number, call: CallOptions): Promise<readonly SagaEntry[]> {
		return await this.engine.read('listSagas', { filter, limit }, call);
	}

	/** Number of facts: tells whether there is news. */
	async versionOf(id: string, call: CallOptions): Promise<number> {
		return await this.engine.read('sagaVersion', { id }, call);
	}

	/** Takes or prolongs the right to look after a saga. False: somebody else has it. */
	async claim(id: string, owner: string, leaseMs: number, call: CallOptions): Promise<boolean> {
		return await this.engine.write('takeLease', { name: sagaLease(id), owner, leaseMs }, call);
	}

	async release(id: string, owner: string, call: CallOptions): Promise<void> {
		await this.engine.write('giveLease', { name: sagaLease(id), owner }, call);
	}

	private async write(
		after: SagaState,
		before: SagaState | null,
		facts: readonly SagaFact[],
		call: CallOptions,
	): Promise<void> {
		const stream = streamOf(after.id);
		const expect = before === null ? 'no-stream' : before.version;
		const inner = facts.filter(({ kind }) => !isOutcome(kind)).map((fact) => eventOf(after, fact, factPayload(fact)));
		const outer = facts.filter(({ kind }) => isOutcome(kind)).map((fact) => eventOf(after, fact, outcomeReport(after)));
		const append = (events: readonly EventEnvelope[], publish: SagaState['publish']): Change[] =>
			events.length === 0 ? [] : [{ do: 'append', args: { stream, events, expect: 'any', publish } }];
		const [first, ...rest] = [...append(inner, null), ...append(outer, after.publish)];
		if (first?.do !== 'append') throw new EventBusError('bug', `Nothing is to be recorded of the saga ${after.id}`);
		const changes: Change[] = [
			{ do: 'append', args: { ...first.args, expect } },
			...rest,
			{ do: 'indexSaga', args: entryOf(after) },
		];
		const results = await this.persistently(changes, call);
		if (outer.length === 0 || after.publish === null) return;
		this.options.onPublish?.(after.publish.target, positionsOf(results[rest.length]));
	}

	private async persistently(changes: readonly Change[], call: CallOptions): Promise<readonly unknown[]> {
		for (let tries = 1; ; tries += 1) {
			try {
				return await this.engine.write('transact', { changes }, call);
			} catch (error) {
				const mayBeThere = error instanceof EventBusError && (error.code === 'unreachable' || error.code === 'timeout');
				if (!mayBeThere || tries >= TRIES || call.signal.aborted) throw error;
			}
		}
	}
}

/**
 * What an id of a saga may be.
 * @throws EventBusError `settings`
 */
export function checkSagaId(id: string): string {
	checkStreamName(streamOf(id));
	return id;
}

function eventOf(state: SagaState, fact: SagaFact, payload: Json): EventEnvelope {
	const { id, definition, correlationId, cause, source, updatedAt: now } = state;
	return createEvent(
		{
			id: newEventId(now),
			type: `${TYPE_PREFIX}${fact.kind}`,
			payload: { saga_id: id, saga_name: definition.name, ...(payload as object) },
			subject: id,
			correlationId,
		},
		{ now, defaultSource: source, cause },
	);
}

function streamOf(id: string): string {
	return `${STREAM_PREFIX}${id}`;
}

/** The facts keep the names they have here: they are read by nobody else. */
function factPayload(fact: SagaFact): Json {
	return { fact: fact as unknown as Json };
}

function replay(id: string, state: SagaState | null, { event }: StoredEvent): SagaState | null {
	const kind = event.event_type.slice(TYPE_PREFIX.length);
	const at = Date.parse(event.occurred_at);
	if (isOutcome(kind)) return state && evolve(state, { kind }, at);
	const { fact } = event.payload as unknown as { readonly fact: SagaFact };
	if (state !== null) return evolve(state, fact, at);
	return fact.kind === 'started' ? begin(id, fact, at) : null;
}

function entryOf(state: SagaState): SagaEntry {
	const { id, definition, correlationId, version, startedAt, updatedAt, failure } = state;
	return {
		id,
		name: definition.name,
		status: statusOf(state),
		correlationId,
		version,
		error: failure?.error.message ?? null,
		startedAt,
		updatedAt,
		dueAt: dueAtOf(state),
	};
}

function positionsOf(result: unknown): readonly number[] {
	const { places } = result as { readonly places: readonly { readonly position: number }[] };
	return places.map(({ position }) => position);
}
