/**
 * The verdict on a delivery, from the way its run ended.
 *
 * n8n tells the end of a run through a promise that settles in several ways (see `RunEnding`). This is the only place
 * that knows them, and it is pure. Of a run only status, error and custom data are read: in queue mode n8n sends
 * nothing else to the trigger.
 */
import type { Verdict, RunFailure } from '../../src/consumer/types';
import { readNote, VERDICT_KEY, type NoteEntry } from './verdictNote';

/** What the trigger needs of n8n's IRun; every part may be missing in a trimmed one. */
export interface FinishedRun {
	readonly status: string;
	readonly data?: {
		readonly resultData?: {
			readonly error?: unknown;
			readonly metadata?: Readonly<Record<string, string>>;
		};
	};
}

export type RunEnding =
	/** The promise resolved with the run: success, error, crashed, canceled, or waiting (a Wait node). */
	| { readonly kind: 'run'; readonly run: FinishedRun }
	/** It resolved with nothing: n8n refused to start the run (permissions, issues in the workflow). */
	| { readonly kind: 'not-started' }
	/** It rejected: stopped by a person, timed out, cut by a shutdown, or never started (engine 2.0, database). */
	| { readonly kind: 'rejected'; readonly error: unknown };

export interface VerdictPolicy {
	/** success: only a run that succeeded settles its event · end: a run that failed or was stopped does too. */
	readonly acknowledge: 'success' | 'end';
	readonly whenRunWaits: 'acknowledge' | 'deadLetter';
	readonly workflowId: string | undefined;
}

/** One verdict an event of the run. A node's own verdict (Retry Later, Send to Dead Letter) goes before the ending. */
export function verdictsOf(ending: RunEnding, events: number, policy: VerdictPolicy): readonly Verdict[] {
	const byEnding = verdictOf(ending, policy);
	const verdicts = Array.from({ length: events }, () => byEnding);
	for (const entry of noteOf(ending)) {
		const verdict = verdictOfNote(entry, ending, policy);
		for (const index of entry.items ?? verdicts.keys()) {
			if (index < events) verdicts[index] = verdict;
		}
	}
	return verdicts;
}

function verdictOf(ending: RunEnding, policy: VerdictPolicy): Verdict {
	if (ending.kind === 'run') {
		const { status } = ending.run;
		if (status === 'success') return { as: 'done' };
		if (status === 'waiting') return verdictOfWaiting(ending, policy);
	}
	if (policy.acknowledge === 'end' && hasEnded(ending)) return { as: 'done' };
	return { as: 'retry', error: failureOf(ending, policy) };
}

function verdictOfWaiting(ending: RunEnding, policy: VerdictPolicy): Verdict {
	if (policy.whenRunWaits === 'acknowledge') return { as: 'handed-over' };
	return { as: 'dead-letter', reason: 'waiting', error: failureOf(ending, policy) };
}

/** Statuses after which n8n does nothing more for a run. */
const FINAL_STATUSES: ReadonlySet<string> = new Set(['error', 'crashed', 'canceled']);

/** Whether the run took place and is over; a run that a shutdown cut has not ended by its own. */
function hasEnded(ending: RunEnding): boolean {
	if (ending.kind === 'run') return FINAL_STATUSES.has(ending.run.status);
	if (ending.kind !== 'rejected') return false;
	const reason = field(ending.error, 'reason');
	return reason === 'manual' || reason === 'timeout';
}

function noteOf(ending: RunEnding): readonly NoteEntry[] {
	if (ending.kind !== 'run') return [];
	const result = ending.run.data?.resultData;
	const note = readNote(result?.metadata?.[VERDICT_KEY]);
	// Where custom data had no room, the node threw an error that carries the note instead.
	return note.length > 0 ? note : readNote(field(field(result?.error, 'context'), VERDICT_KEY));
}

function verdictOfNote(entry: NoteEntry, ending: RunEnding, policy: VerdictPolicy): Verdict {
	const origin = originOf(ending, policy);
	if (entry.as === 'dead-letter') {
		const message = entry.reason || 'The workflow sent the event to the dead letters';
		const error = { name: 'SendToDeadLetter', message, retryable: false, ...origin };
		return { as: 'dead-letter', reason: 'rejected', error };
	}
	const message = entry.reason || 'The workflow asked to retry later';
	return {
		as: 'retry',
		asked: true,
		error: { name: 'RetryLater', message, retryable: true, ...origin },
		...(entry.delayMs === undefined ? {} : { delayMs: entry.delayMs }),
	};
}

function failureOf(ending: RunEnding, policy: VerdictPolicy): RunFailure {
	return { ...describe(ending), retryable: true, ...originOf(ending, policy) };
}

function describe(ending: RunEnding): Pick<RunFailure, 'name' | 'message'> {
	switch (ending.kind) {
		case 'run':
			return ending.run.status === 'waiting'
				? { name: 'RunWaits', message: 'The run waits (Wait node), so its end is not known' }
				: describeError(ending.run.data?.resultData?.error, `The run ended with status ${ending.run.status}`);
		case 'not-started':
			return {
				name: 'RunNotStarted',
				message: 'n8n did not start a run for the event: check the credentials and open issues of the workflow',
			};
		case 'rejected':
			return describeError(ending.error, 'The run ended without a result');
	}
}

function describeError(error: unknown, otherwise: string): Pick<RunFailure, 'name' | 'message'> {
	// In queue mode the error arrives as plain data, so `instanceof Error` would miss it.
	const name = field(error, 'name');
	const message = field(error, 'message');
	const node = field(field(error, 'node'), 'name');
	const told = typeof message === 'string' && message !== '' ? message : otherwise;
	return {
		name: typeof name === 'string' ? name : 'RunFailed',
		message: typeof node === 'string' ? `${told} (node "${node}")` : told,
	};
}

/** n8n tells the trigger no execution id, except in the error of a cancelled run. */
function originOf(ending: RunEnding, policy: VerdictPolicy): Pick<RunFailure, 'workflowId' | 'executionId'> {
	const executionId = ending.kind === 'rejected' ? field(field(ending.error, 'extra'), 'executionId') : undefined;
	return {
		...(policy.workflowId === undefined ? {} : { workflowId: policy.workflowId }),
		...(typeof executionId === 'string' ? { executionId } : {}),
	};
}

function field(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
