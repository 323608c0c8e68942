/**
 * n8n tells a trigger no execution id, but an event that a run published names its execution. So the run that processed
 * an event is known through what it published. Pure.
 */
import type { TrailEntry, TrailFact } from './types';

/** Fills in the executions that can be told from the effects of an event; the others stay null. */
export function withExecutions(entries: readonly TrailEntry[]): readonly TrailEntry[] {
	const effects = effectsByCause(entries);
	return entries.map(({ event, facts }) => {
		const published = effects.get(event.eventId) ?? [];
		return published.length === 0 ? { event, facts } : { event, facts: namedBy(published, facts) };
	});
}

/** What was published, by the id of its cause. */
function effectsByCause(entries: readonly TrailEntry[]): ReadonlyMap<string, readonly TrailFact[]> {
	const effects = new Map<string, TrailFact[]>();
	for (const { event, facts } of entries) {
		if (event.causationId === null) continue;
		const published = facts.filter(({ kind, executionId }) => kind === 'published' && executionId !== null);
		effects.set(event.causationId, [...(effects.get(event.causationId) ?? []), ...published]);
	}
	return effects;
}

/** @param facts of one event, oldest first */
function namedBy(published: readonly TrailFact[], facts: readonly TrailFact[]): readonly TrailFact[] {
	return facts.map((fact, index) => {
		if (fact.group === null || fact.executionId !== null || isAmbiguous(fact, facts)) return fact;
		const { from, until } = runOf(fact, index, facts);
		const ids = new Set(
			published
				.filter(({ workflowId, at }) => workflowId === fact.workflowId && at >= from && at <= until)
				.map(({ executionId }) => executionId),
		);
		const [executionId] = ids;
		return ids.size === 1 && executionId !== undefined ? { ...fact, executionId } : fact;
	});
}

/** Two triggers of one workflow had the event: which run published what is not known. */
function isAmbiguous({ workflowId }: TrailFact, facts: readonly TrailFact[]): boolean {
	if (workflowId === null) return true;
	return new Set(facts.filter((other) => other.workflowId === workflowId).map(({ group }) => group)).size > 1;
}

/** From the start of the run a fact belongs to, up to the start of the next one. */
function runOf(
	fact: TrailFact,
	index: number,
	facts: readonly TrailFact[],
): { readonly from: number; readonly until: number } {
	const isStart = (other: TrailFact) => other.kind === 'started' && other.group === fact.group;
	const from = facts.slice(0, index + 1).findLast(isStart)?.at ?? fact.at;
	const next = facts.slice(index + 1).find(isStart)?.at ?? Number.POSITIVE_INFINITY;
	return { from, until: next };
}
