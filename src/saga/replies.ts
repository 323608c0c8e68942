/**
 * Events that answer commands: recorded for their saga, whoever looks after it.
 */
import type { CallOptions } from '../broker/types';
import type { EventEnvelope, Json } from '../event/envelope';
import { EventBusError } from '../kernel/errors';
import { keepable } from './answer';
import { answerOf } from './command';
import { decide, type SagaInput } from './decide';
import type { SagaJournal } from './journal';
import type { LocalNews } from './localNews';
import type { SagaState } from './state';

/** More sagas with one correlation id than this are not asked. */
const SAGAS_AT_ONCE = 20;
const UNFINISHED = ['running', 'compensating'];

export interface ReplyHost {
	readonly journal: SagaJournal;
	readonly news: LocalNews;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
}

/** applied: recorded. ignored: no saga waits for it, or not any more. */
export async function takeReply(
	event: EventEnvelope,
	{ journal, news, now }: ReplyHost,
	call: CallOptions,
): Promise<'applied' | 'ignored'> {
	const correlationId = event.metadata.correlation_id;
	const entries = await journal.list({ correlationId, statuses: UNFINISHED }, SAGAS_AT_ONCE, call);
	for (const { id } of entries) {
		if (await applyTo(id, event, journal, now, call)) {
			news.tell(id);
			return 'applied';
		}
	}
	return 'ignored';
}

async function applyTo(
	id: string,
	event: EventEnvelope,
	journal: SagaJournal,
	now: () => number,
	call: CallOptions,
): Promise<boolean> {
	for (;;) {
		const state = await journal.load(id, call);
		const input = state && inputOf(state, event);
		if (!state || !input) return false;
		const facts = decide(state, input, { now: now(), random: 0 });
		if (facts.length === 0) return false;
		try {
			await journal.record(state, facts, call);
			return true;
		} catch (error) {
			// Whoever looks after the saga recorded something meanwhile.
			if (!(error instanceof EventBusError) || error.code !== 'version-conflict') throw error;
		}
	}
}

function inputOf(state: SagaState, event: EventEnvelope): SagaInput | null {
	const answer = answerOf(state, event);
	if (answer === null) return null;
	const { step, direction, attempt } = answer;
	const its = { step, direction, attempt };
	const failure = (code: string, message: string, data?: Json): SagaInput => ({
		kind: 'failed',
		...its,
		error: { code, message, ...(data === undefined ? {} : { data }) },
		mayRetry: false,
		mayHaveHappened: code === 'too-large',
	});
	const kept = keepable(event.payload);
	if (answer.as === 'failed') {
		return failure(event.event_type, `${step} was refused: ${event.event_type}`, kept.ok ? kept.value : undefined);
	}
	return kept.ok ? { kind: 'succeeded', ...its, result: kept.value } : failure('too-large', `${step}: ${kept.problem}`);
}
