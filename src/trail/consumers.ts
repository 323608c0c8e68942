/**
 * Services that consume a type: their groups taken together.
 */
import type { Consuming, FlowMap } from './flowMap';

export type Consumer = Omit<Consuming, 'group' | 'pattern'> & { readonly groups: readonly string[] };

/** One for each type and service. Counts are sums, latencies those of the slowest group. */
export function consumersOf({ consuming }: FlowMap): readonly Consumer[] {
	const merged = new Map<string, Consumer>();
	for (const { type, service, group, count, retries, deadLetters, latencyMs } of consuming) {
		const key = `${type}/${service}`;
		const known = merged.get(key);
		merged.set(key, {
			type,
			service,
			groups: [...(known?.groups ?? []), group],
			count: count + (known?.count ?? 0),
			retries: retries + (known?.retries ?? 0),
			deadLetters: deadLetters + (known?.deadLetters ?? 0),
			latencyMs: slower(latencyMs, known?.latencyMs ?? null),
		});
	}
	return [...merged.values()];
}

function slower(one: Consuming['latencyMs'], other: Consuming['latencyMs']): Consuming['latencyMs'] {
	if (one === null || other === null) return one ?? other;
	return one.p95 >= other.p95 ? one : other;
}
