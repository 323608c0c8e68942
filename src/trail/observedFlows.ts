/**
 * The flows that were observed: facts are counted into publications, consumptions and causations. Pure; the order in which
 * the facts come does not matter.
 */
import type { FlowFact } from '../store/sql/trailSearch';
import { ServiceNames } from './serviceNames';
import type { Causation, Consumption, Flows, Publication } from './types';

interface Consuming extends Pick<Consumption, 'service' | 'group' | 'eventType' | 'channel'> {
	readonly workflowId: string | null;
	readonly events: Set<number>;
	retries: number;
	deadLetters: number;
	/** First start of each event. */
	readonly startedAt: Map<number, number>;
}

export class FlowTally {
	private readonly publications = new Map<string, Publication>();
	private readonly consumptions = new Map<string, Consuming>();
	private readonly causations = new Map<string, Causation>();
	private readonly publishedAt = new Map<number, number>();
	/** Events from outside, which are published by whoever is their source. */
	private readonly foreign = new Set<number>();
	private readonly names = new ServiceNames();

	/** @param channel null: all */
	constructor(private readonly channel: string | null) {}

	add(fact: FlowFact): void {
		if (this.channel !== null && fact.channel !== this.channel) return;
		if (fact.kind === 'published') return this.addPublished(fact);
		this.addConsumed(fact);
	}

	flows(): Flows {
		return {
			publications: [...this.publications.values()].toSorted(bySize),
			consumptions: [...this.consumptions.values()].map((one) => this.consumption(one)).toSorted(bySize),
			causations: [...this.causations.values()].toSorted(bySize),
		};
	}

	private addPublished({ event, at, type, service, channel, cause_type, workflow_id }: FlowFact): void {
		this.names.learn(workflow_id, service);
		const known = this.publishedAt.get(event);
		this.publishedAt.set(event, known === undefined ? at : Math.min(known, at));
		this.countPublication(service, type, channel);
		this.countCausation(service, cause_type, type);
	}

	private countCausation(service: string, cause: string | null, effect: string): void {
		if (cause === null) return;
		const key = JSON.stringify([service, cause, effect]);
		const count = (this.causations.get(key)?.count ?? 0) + 1;
		this.causations.set(key, { service, cause, effect, count });
	}

	private countPublication(service: string, eventType: string, channel: string): void {
		const key = JSON.stringify([service, eventType, channel]);
		const count = (this.publications.get(key)?.count ?? 0) + 1;
		this.publications.set(key, { service, eventType, channel, count });
	}

	private addConsumed(fact: FlowFact): void {
		const { event, at, kind, service, channel, type, source } = fact;
		const group = fact.consumer_group ?? '';
		const key = JSON.stringify([service, group, type, channel]);
		const consuming = this.consumptions.get(key) ?? {
			service,
			group,
			eventType: type,
			channel,
			workflowId: fact.workflow_id,
			events: new Set<number>(),
			retries: 0,
			deadLetters: 0,
			startedAt: new Map<number, number>(),
		};
		this.consumptions.set(key, consuming);
		consuming.events.add(event);
		if (kind === 'retry') consuming.retries += 1;
		if (kind === 'dead-letter') consuming.deadLetters += 1;
		if (kind !== 'started') return;
		// A later attempt says how long the retries took, not how long the event was on its way.
		if (fact.attempt === 1) {
			consuming.startedAt.set(event, Math.min(consuming.startedAt.get(event) ?? Number.POSITIVE_INFINITY, at));
		}
		if (fact.is_reported !== 0 || this.foreign.has(event)) return;
		this.foreign.add(event);
		this.countPublication(source, type, channel);
		this.countCausation(source, fact.cause_type, type);
	}

	private consumption({ workflowId, events, startedAt, ...rest }: Consuming): Consumption {
		const latencies: number[] = [];
		for (const [event, at] of startedAt) {
			const publishedAt = this.publishedAt.get(event);
			// The clocks of two hosts may disagree by more than the way takes.
			if (publishedAt !== undefined) latencies.push(Math.max(0, at - publishedAt));
		}
		const service = this.names.nameOf(workflowId, rest.service);
		return { ...rest, service, count: events.size, latencyMs: percentiles(latencies) };
	}
}

/** By nearest rank: values that occurred. */
function percentiles(values: readonly number[]): Consumption['latencyMs'] {
	const sorted = [...values].sort((a, b) => a - b);
	const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
	const [p50, p95] = [at(0.5), at(0.95)];
	return p50 === undefined || p95 === undefined ? null : { p50, p95 };
}

function bySize(a: { readonly count: number }, b: { readonly count: number }): number {
	return b.count - a.count || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
}
