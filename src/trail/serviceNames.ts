/**
 * One service, one name: a workflow that publishes under a source of its own (`order-validator`) goes by that name where it
 * consumes, too, and not by `n8n/<workflow name>`. Pure.
 */
import type { TrailEntry } from './types';

export class ServiceNames {
	private readonly names = new Map<string, Set<string>>();

	/** @param service under which a workflow published */
	learn(workflowId: string | null, service: string): void {
		if (workflowId === null) return;
		const names = this.names.get(workflowId) ?? new Set();
		this.names.set(workflowId, names.add(service));
	}

	/** @param otherwise where a workflow published nothing, or under several names */
	nameOf(workflowId: string | null, otherwise: string): string {
		const names = workflowId === null ? undefined : this.names.get(workflowId);
		const [only] = names ?? [];
		return names?.size === 1 && only !== undefined ? only : otherwise;
	}
}

export function withServiceNames(entries: readonly TrailEntry[]): readonly TrailEntry[] {
	const names = new ServiceNames();
	for (const { kind, workflowId, service } of entries.flatMap(({ facts }) => facts)) {
		if (kind === 'published') names.learn(workflowId, service);
	}
	return entries.map(({ event, facts }) => ({
		event,
		facts: facts.map((fact) => ({ ...fact, service: names.nameOf(fact.workflowId, fact.service) })),
	}));
}
