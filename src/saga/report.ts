/**
 * A saga as people and programs read it: a wire format for workflows, hence snake_case.
 */
import type { Json } from '../event/envelope';
import type { StepError } from './facts';
import { type Effort, isEnded, type SagaState, statusOf, stepOf, type StepState, stepStateOf } from './state';

export interface SagaReport {
	readonly saga_id: string;
	readonly saga_name: string;
	readonly status: string;
	readonly correlation_id: string;
	readonly input: Json;
	/** What the steps that have succeeded answered, by their names. */
	readonly results: Readonly<Record<string, Json>>;
	readonly steps: readonly StepReport[];
	/** The step that turned it back; absent while nothing has failed. */
	readonly failed_step?: string;
	readonly error?: StepError;
	readonly cancel_reason?: string;
	/** Steps that were undone, the newest effect first. */
	readonly compensated: readonly string[];
	/** Steps that should be undone and are not, with the reason. */
	readonly not_compensated: readonly { readonly step: string; readonly error: string }[];
	/** ISO 8601 UTC. */
	readonly started_at: string;
	readonly updated_at: string;
}

export interface StepReport {
	readonly name: string;
	readonly service?: string;
	readonly status: 'waiting' | 'running' | 'retrying' | 'succeeded' | 'failed' | 'undoing' | 'undone' | 'undo_failed';
	readonly attempts: number;
	readonly result?: Json;
	readonly error?: StepError;
}

export function reportOf(state: SagaState): SagaReport {
	const { input, failure, cancelReason } = state;
	return {
		...identityOf(state),
		input,
		results: resultsOf(state),
		steps: [...state.steps].map(([name, step]) => stepReport(state, name, step)),
		...(failure ? { failed_step: failure.step, error: failure.error } : {}),
		...(cancelReason === null ? {} : { cancel_reason: cancelReason }),
		...compensationOf(state),
		started_at: isoTime(state.startedAt),
		updated_at: isoTime(state.updatedAt),
	};
}

/** Of an input that goes to the bus, bytes of JSON: the smallest broker takes 256 KiB with everything around it. */
const MAX_TOLD_BYTES = 64 * 1024;

/**
 * What is said on the bus when a saga has ended; without the results, which may be large. An input that is too large is told
 * by its size.
 */
export function outcomeReport(state: SagaState): Json {
	const { input, failure, cancelReason } = state;
	return {
		...identityOf(state),
		...(sizeOf(input) > MAX_TOLD_BYTES ? { input_bytes: sizeOf(input) } : { input }),
		...(failure ? { failed_step: failure.step, error: toldError(failure.error) } : {}),
		...(cancelReason === null ? {} : { cancel_reason: cancelReason }),
		...(compensationOf(state) as { readonly [key: string]: Json }),
		started_at: isoTime(state.startedAt),
	};
}

function toldError({ message, code, data }: StepError): Json {
	return { message, code, ...(data === undefined || sizeOf(data) > MAX_TOLD_BYTES ? {} : { data }) };
}

function sizeOf(value: Json): number {
	return Buffer.byteLength(JSON.stringify(value));
}

/** The results of the steps that have succeeded: what later steps read as `steps`. */
export function resultsOf(state: SagaState): Readonly<Record<string, Json>> {
	const done = [...state.steps].filter(([, step]) => step.do.status === 'succeeded');
	return Object.fromEntries(done.map(([name, step]) => [name, step.do.result]));
}

function identityOf(state: SagaState) {
	return {
		saga_id: state.id,
		saga_name: state.definition.name,
		status: statusOf(state),
		correlation_id: state.correlationId,
	};
}

function compensationOf(state: SagaState): Pick<SagaReport, 'compensated' | 'not_compensated'> {
	const efforts = state.effects.toReversed().map((step) => ({ step, undo: stepStateOf(state, step).undo }));
	return {
		compensated: efforts.filter(({ undo }) => undo.status === 'succeeded').map(({ step }) => step),
		not_compensated: efforts
			.filter(({ undo }) => undo.status === 'failed')
			.map(({ step, undo }) => ({ step, error: undo.error?.message ?? 'unknown' })),
	};
}

function stepReport(state: SagaState, name: string, step: StepState): StepReport {
	const { service } = stepOf(state, name);
	const error = step.undo.error ?? step.do.error;
	return {
		name,
		...(service === '' ? {} : { service }),
		status: stepStatus(step, isEnded(state)),
		attempts: step.do.attempt,
		...(step.do.status === 'succeeded' ? { result: step.do.result } : {}),
		...(error ? { error } : {}),
	};
}

function stepStatus({ do: forward, undo }: StepState, hasEnded: boolean): StepReport['status'] {
	if (undo.status === 'succeeded') return 'undone';
	if (undo.status === 'failed') return 'undo_failed';
	if (undo.attempt > 0) return 'undoing';
	const status: Readonly<Record<Effort['status'], StepReport['status']>> = {
		open: 'waiting',
		sent: 'running',
		published: 'running',
		retry: hasEnded ? 'failed' : 'retrying',
		succeeded: 'succeeded',
		failed: 'failed',
	};
	return status[forward.status];
}

function isoTime(time: number): string {
	return new Date(time).toISOString();
}
