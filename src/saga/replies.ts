/**
 * Events that answer commands: recorded for their saga, whoever looks after it.
 */
import type { CallOptions } from '../broker/types';
import type { EventEnvelope, Json } from '../event/envelope';
import { keepable } from './answer';
import { answerOf } from './command';
import type { SagaInput } from './decide';
import { type OutsideHost, recordFromOutside } from './fromOutside';
import type { SagaState } from './state';

/** More sagas with one correlation id than this are not asked. */
const SAGAS_AT_ONCE = 20;
const UNFINISHED = ['running', 'compensating'];

/** applied: recorded. ignored: no saga waits for it, or not any more. */
export async function takeReply(
	event: EventEnvelope,
	host: OutsideHost,
	call: CallOptions,
): Promise<'applied' | 'ignored'> {
	const correlationId = event.metadata.correlation_id;
	const entries = await host.journal.list({ correlationId, statuses: UNFINISHED }, SAGAS_AT_ONCE, call);
	for (const { id } of entries) {
		if (await recordFromOutside(id, (state) => inputOf(state, event), host, call)) return 'applied';
	}
	return 'ignored';
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
