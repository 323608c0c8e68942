/**
 * What each consumer group did with an event, made of the facts.
 */
import type { TrailFact, TrailFactKind } from './types';

export type HandlingState =
	| 'running'
	| 'done'
	| 'handed-over'
	| 'retry'
	/** Another run began before this one had ended: n8n was stopped, or the broker took the event back. */
	| 'cut'
	| 'dead-letter'
	| 'duplicate'
	| 'expired'
	| 'discarded';

export interface Run {
	/** Milliseconds since the epoch; null: only its end was recorded. */
	readonly startedAt: number | null;
	/** null: it has not ended, or nobody recorded it. */
	readonly endedAt: number | null;
	readonly ended: HandlingState;
	readonly attempt: number | null;
	readonly error: string | null;
	/** How long the event then waits, milliseconds. */
	readonly delayMs: number | null;
	readonly workflowId: string | null;
	readonly executionId: string | null;
}

export interface Handling {
	readonly group: string;
	readonly service: string;
	readonly broker: string;
	readonly channel: string;
	/** Oldest first; none where the event was put aside without a run. */
	readonly runs: readonly Run[];
	/** How it stands now. */
	readonly state: HandlingState;
	/** Since when, milliseconds since the epoch. */
	readonly since: number;
	/** Of a dead letter. */
	readonly reason: string | null;
	/** The latest. */
	readonly error: string | null;
}

/** @param facts of one event, oldest first */
export function handlingsOf(facts: readonly TrailFact[]): readonly Handling[] {
	const byGroup = new Map<string, TrailFact[]>();
	for (const fact of facts) {
		if (fact.group === null) continue;
		const key = JSON.stringify([fact.broker, fact.channel, fact.group]);
		const known = byGroup.get(key);
		if (known) known.push(fact);
		else byGroup.set(key, [fact]);
	}
	return [...byGroup.values()].flatMap(handlingOf);
}

function handlingOf(facts: readonly TrailFact[]): Handling[] {
	const last = facts.at(-1);
	if (!last) return [];
	const runs: Run[] = [];
	for (const fact of facts) addTo(runs, fact);
	return [
		{
			group: last.group ?? '',
			service: last.service,
			broker: last.broker,
			channel: last.channel,
			runs,
			state: stateAfter(last.kind),
			since: last.at,
			reason: facts.findLast(({ reason }) => reason !== null)?.reason ?? null,
			error: facts.findLast(({ error }) => error !== null)?.error ?? null,
		},
	];
}

const ENDS_A_RUN: ReadonlySet<TrailFactKind> = new Set(['done', 'handed-over', 'retry', 'dead-letter']);

function addTo(runs: Run[], fact: TrailFact): void {
	const { at, attempt, error, delayMs, workflowId, executionId } = fact;
	if (fact.kind === 'started') {
		cutOff(runs, at);
		runs.push({ startedAt: at, endedAt: null, ended: 'running', attempt, error, delayMs, workflowId, executionId });
		return;
	}
	if (!ENDS_A_RUN.has(fact.kind)) return;
	const ended = stateAfter(fact.kind);
	const place = runs.findLastIndex((run) => (run.endedAt === null || run.ended === 'cut') && sameRun(run, fact));
	const begun = runs[place];
	if (begun) {
		runs[place] = {
			...begun,
			endedAt: at,
			ended,
			error,
			delayMs,
			workflowId: workflowId ?? begun.workflowId,
			executionId: executionId ?? begun.executionId,
		};
	} else if (executionId !== null || attempt !== null) {
		runs.push({ startedAt: null, endedAt: at, ended, attempt, error, delayMs, workflowId, executionId });
	}
}

function cutOff(runs: Run[], at: number): void {
	runs.forEach((run, place) => {
		if (run.endedAt === null) runs[place] = { ...run, endedAt: at, ended: 'cut' };
	});
}

function sameRun(run: Run, { executionId, attempt }: TrailFact): boolean {
	if (run.executionId !== null && executionId !== null) return run.executionId === executionId;
	return run.attempt === null || attempt === null || run.attempt === attempt;
}

function stateAfter(kind: TrailFactKind): HandlingState {
	return kind === 'started' || kind === 'published' ? 'running' : kind;
}
