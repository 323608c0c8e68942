/**
 * Events that answer commands: recorded for their saga, whoever looks after it.
 */
import type { CallOptions } from '../broker/types';
import type { EventEnvelope, Json } from '../event/envelope';
import { keepable } from './answer';
import { type Answer, answerOf } from './command';
import type { SagaInput } from './decide';
import { type OutsideHost, recordFromOutside } from './fromOutside';
import type { SagaJournal } from './journal';
import { effortOf, type SagaState } from './state';

/** More sagas with one correlation id than this are not asked. */
const SAGAS_AT_ONCE = 20;
const UNFINISHED = ['running', 'compensating'];

/** applied: recorded. ignored: no saga waits for it, or not any more. */
export async function takeReply(
	event: EventEnvelope,
	host: OutsideHost,
	call: CallOptions,
): Promise<'applied' | 'ignored'> {
	const sagas = await sagasOf(event, host.journal, call);
	if (sagas.some(({ answers }) => answers.includes(event.event_id))) return 'ignored';
	const found = answerOf(sagas, event);
	if (found === null) return 'ignored';
	const { saga, answer } = found;
	const current = (state: SagaState) => ({ ...answer, attempt: effortOf(state, answer).attempt });
	const isApplied = await recordFromOutside(saga.id, (state) => inputOf(current(state), event), host, call);
	return isApplied ? 'applied' : 'ignored';
}

/** Those that have ended too, once one waits: the event may be a late answer to one of them. */
async function sagasOf(event: EventEnvelope, journal: SagaJournal, call: CallOptions): Promise<readonly SagaState[]> {
	const correlationId = event.metadata.correlation_id;
	const waiting = await journal.list({ correlationId, statuses: UNFINISHED }, SAGAS_AT_ONCE, call);
	if (waiting.length === 0) return [];
	const all = await journal.list({ correlationId }, SAGAS_AT_ONCE, call);
	const ids = new Set([...waiting, ...all].map(({ id }) => id));
	const sagas: SagaState[] = [];
	for (const id of ids) {
		const saga = await journal.load(id, call);
		if (saga !== null) sagas.push(saga);
	}
	return sagas;
}

function inputOf(answer: Answer, event: EventEnvelope): SagaInput {
	const { step, direction, attempt } = answer;
	const its = { step, direction, attempt, answer: event.event_id };
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
