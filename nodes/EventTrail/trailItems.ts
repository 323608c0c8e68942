/**
 * What is remembered of events, as items: a wire format for workflows, hence snake_case.
 */
import type { IDataObject } from 'n8n-workflow';
import type { FlowMap } from '../../src/trail/flowMap';
import type { NestedEvent } from '../../src/trail/tree';
import type { TrailEntry, TrailEvent, TrailFact } from '../../src/trail/types';
import { toData } from '../shared/items';
import { isoTime } from '../shared/storeItems';

/** The event as it is known elsewhere, and beside it what happened to it. */
export function entryData({ event, facts }: TrailEntry): IDataObject {
	return toData({ ...eventData(event), trail: facts.map(factData) });
}

/**
 * Levels of a tree. Nobody reads deeper, and JSON that is a thousand times nested ends the run that saves it: whoever may
 * publish can make such a chain.
 */
const MOST_LEVELS = 100;

export function nestedData({ event, facts, ancestry, children }: NestedEvent, level = 1): IDataObject {
	const isDeepest = level === MOST_LEVELS && children.length > 0;
	return toData({
		...eventData(event),
		// A root needs no word; an orphan or a circle does.
		...(ancestry === 'orphan' || ancestry === 'cycle' ? { ancestry } : {}),
		trail: facts.map(factData),
		caused: isDeepest ? [] : children.map((child) => nestedData(child, level + 1)),
		...(isDeepest ? { caused_not_shown: children.length } : {}),
	});
}

/** With names in place of numbers. */
export function mapData(map: FlowMap): IDataObject {
	const service = (place: number) => map.services[place] ?? '';
	const type = (place: number) => ({
		event_type: map.types[place]?.eventType ?? '',
		channel: map.types[place]?.channel ?? '',
	});
	return toData({
		services: map.services,
		publishes: map.publishing.map((edge) => ({
			service: service(edge.service),
			...type(edge.type),
			count: edge.count,
		})),
		consumes: map.consuming.map((edge) => ({
			service: service(edge.service),
			...type(edge.type),
			group: edge.group,
			count: edge.count,
			retries: edge.retries,
			dead_letters: edge.deadLetters,
			latency_ms: edge.latencyMs,
		})),
		cycles: map.cycles.map(({ name, services }) => ({ name, services })),
		unconsumed: map.unconsumed.map(type),
		idle: map.idle.map(({ service: name, group, eventType, channel }) => ({
			service: name,
			group,
			event_type: eventType,
			channel,
		})),
		dead_letters: map.deadLetters,
		retries: map.retries,
	});
}

function eventData(event: TrailEvent) {
	const { eventId, eventType, eventVersion, occurredAt, source, subject, payload, payloadBytes } = event;
	return {
		event_id: eventId,
		event_type: eventType,
		event_version: eventVersion,
		occurred_at: occurredAt,
		source,
		...(subject === null ? {} : { subject }),
		...(payload === undefined ? {} : { payload }),
		...(payloadBytes === undefined ? {} : { payload_bytes: payloadBytes }),
		metadata: {
			correlation_id: event.correlationId,
			...(event.causationId === null ? {} : { causation_id: event.causationId }),
			hops: event.hops,
		},
	};
}

function factData({ at, ...fact }: TrailFact): IDataObject {
	const { kind, broker, channel, group, service, attempt, workflowId, executionId, error, reason, delayMs } = fact;
	const known = {
		group,
		attempt,
		workflow_id: workflowId,
		execution_id: executionId,
		error,
		reason,
		delay_ms: delayMs,
	};
	const present = Object.entries(known).filter(([, value]) => value !== null);
	return { what: kind, at: isoTime(at), service, broker, channel, ...Object.fromEntries(present) };
}
