/**
 * Which service a fact belongs to.
 *
 * A run is recorded under the name of its workflow, and what it publishes may name another source. Both are one service: the
 * run that consumed is known by its execution.
 */
import type { TrailEntry, TrailFact } from './types';

export type ServiceOf = (fact: TrailFact) => string;

export function serviceNames(entries: readonly TrailEntry[]): ServiceOf {
	const sources = new Map<string, string>();
	for (const { event, facts } of entries) {
		for (const { kind, executionId } of facts) {
			if (kind === 'published' && executionId !== null && !sources.has(executionId)) {
				sources.set(executionId, event.source);
			}
		}
	}
	return ({ executionId, service }) => (executionId === null ? undefined : sources.get(executionId)) ?? service;
}
