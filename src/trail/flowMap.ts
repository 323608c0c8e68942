/**
 * The map of a system: which service publishes which type of event, which one consumes it, and what is wrong with that.
 */
import { isPattern } from '../event/typePattern';
import { cyclesOf } from './cycles';
import { hasUnknownPublishers, hasUnknownReaders, isExpression } from './places';
import type { Causation, Consumption, Flows, Publication } from './types';
import { fits, withoutVersion } from './wanted';

export interface FlowMap {
	/** By name. */
	readonly services: readonly string[];
	/** By channel and name; also patterns and expressions that no known type fits. */
	readonly types: readonly MapType[];
	/** service → type */
	readonly publishing: readonly Publishing[];
	/** type → service */
	readonly consuming: readonly Consuming[];
	readonly cycles: readonly Cycle[];
	/** Published, and nobody consumes them. Places in `types`. */
	readonly unconsumed: readonly number[];
	/** Groups that got nothing; where nothing ran: that wait for something nobody publishes. */
	readonly idle: readonly Consumption[];
	readonly deadLetters: number;
	readonly retries: number;
}

export interface MapType {
	readonly eventType: string;
	readonly channel: string;
	/** pattern: a wish of a consumer that no known type fits; expression: known only when the workflow runs. */
	readonly kind: 'type' | 'pattern' | 'expression';
	/** Whether it is part of a cycle. */
	readonly inCycle: boolean;
}

export interface Publishing {
	readonly service: number;
	readonly type: number;
	readonly count: number;
}

export interface Consuming {
	readonly type: number;
	readonly service: number;
	readonly group: string;
	/** What the group listens to, where that is more than this type; null: the type. */
	readonly pattern: string | null;
	readonly count: number;
	readonly retries: number;
	readonly deadLetters: number;
	readonly latencyMs: { readonly p50: number; readonly p95: number } | null;
}

export interface Cycle {
	/** 'order.created → payment.requested → order.created' */
	readonly name: string;
	/** Places in `types`, each once. */
	readonly types: readonly number[];
	/** Names of the services that go from one to the next. */
	readonly services: readonly string[];
}

export function flowMapOf(flows: Flows): FlowMap {
	const services = [...new Set([...flows.publications, ...flows.consumptions].map(({ service }) => service))].sort();
	const types = typesOf(flows);
	const publishing = publishingOf(flows.publications, services, types);
	const consuming = consumingOf(flows.consumptions, services, types);
	const cycles = findCycles(flows.causations, types, services, publishing, consuming);
	const inCycle = new Set(cycles.flatMap((cycle) => cycle.types));
	return {
		services,
		types: types.map((type, place) => ({ ...type, inCycle: inCycle.has(place) })),
		publishing,
		consuming,
		cycles,
		unconsumed: unconsumedOf(types, publishing, consuming),
		idle: idleOf(flows),
		deadLetters: total(consuming.map(({ deadLetters }) => deadLetters)),
		retries: total(consuming.map(({ retries }) => retries)),
	};
}

type Found = Omit<MapType, 'inCycle'>;

function typesOf({ publications, consumptions }: Flows): readonly Found[] {
	const found = new Map<string, Found>();
	const add = (eventType: string, channel: string): void => {
		const kind = isExpression(eventType) ? 'expression' : isPattern(eventType) ? 'pattern' : 'type';
		found.set(keyOf(eventType, channel), { eventType, channel, kind });
	};
	for (const { eventType, channel } of publications) add(eventType, channel);
	const published = [...found.values()];
	for (const { eventType, channel } of consumptions) {
		const wanted = withoutVersion(eventType);
		if (!published.some((type) => type.channel === channel && fits(wanted, type.eventType))) add(wanted, channel);
	}
	return [...found.values()].sort(
		(one, other) => one.channel.localeCompare(other.channel) || one.eventType.localeCompare(other.eventType),
	);
}

function publishingOf(
	given: readonly Publication[],
	services: readonly string[],
	types: readonly Found[],
): Publishing[] {
	const merged = new Map<string, Publishing>();
	for (const { service, eventType, channel, count } of given) {
		const place = types.findIndex((type) => type.eventType === eventType && type.channel === channel);
		const edge = { service: services.indexOf(service), type: place, count };
		const key = `${edge.service}/${edge.type}`;
		merged.set(key, { ...edge, count: count + (merged.get(key)?.count ?? 0) });
	}
	return [...merged.values()];
}

/** One for each type that fits; a group that lists overlapping patterns gets an event once all the same. */
function consumingOf(given: readonly Consumption[], services: readonly string[], types: readonly Found[]): Consuming[] {
	const merged = new Map<string, Consuming>();
	for (const consumption of given) {
		types.forEach((type, place) => {
			if (type.channel !== consumption.channel || !fits(consumption.eventType, type.eventType)) return;
			const service = services.indexOf(consumption.service);
			const { group, count, retries, deadLetters, latencyMs } = consumption;
			const pattern = consumption.eventType === type.eventType ? null : consumption.eventType;
			const key = JSON.stringify([place, service, group]);
			if (merged.has(key)) return;
			merged.set(key, { type: place, service, group, pattern, count, retries, deadLetters, latencyMs });
		});
	}
	return [...merged.values()];
}

function findCycles(
	causations: readonly Causation[],
	types: readonly Found[],
	services: readonly string[],
	publishing: readonly Publishing[],
	consuming: readonly Consuming[],
): Cycle[] {
	const edges = causations.flatMap(({ service, cause, effect }) => {
		const at = services.indexOf(service);
		const from = consuming.filter((edge) => fits(cause, types[edge.type]?.eventType ?? ''));
		const to = publishing.filter((edge) => types[edge.type]?.eventType === effect);
		return ofService(from, at).flatMap((one) => {
			return ofService(to, at).map((other) => ({ from: one.type, to: other.type, service }));
		});
	});
	return cyclesOf(types.length, edges).map((cycle) => {
		const names = cycle.nodes.map((place) => types[place]?.eventType ?? '');
		return {
			name: [...names, names[0] ?? ''].join(' → '),
			types: cycle.nodes,
			services: cycle.edges.map((edge) => edge.service),
		};
	});
}

/**
 * A causation names no channel: a service gets the cause where it consumes it, and publishes the effect where it publishes it, so a bridge
 * that copies a type to another channel is no cycle. What consumes and what publishes may go by two names; then all come into question.
 */
function ofService<E extends { readonly service: number }>(edges: readonly E[], service: number): readonly E[] {
	const own = edges.filter((edge) => edge.service === service);
	return own.length > 0 ? own : edges;
}

function unconsumedOf(
	types: readonly Found[],
	publishing: readonly Publishing[],
	consuming: readonly Consuming[],
): number[] {
	const published = new Set(publishing.map(({ type }) => type));
	const consumed = new Set(consuming.map(({ type }) => type));
	return [...types.entries()]
		.filter(([place, { channel, kind }]) => {
			return published.has(place) && !consumed.has(place) && kind === 'type' && !hasUnknownReaders(channel);
		})
		.map(([place]) => place);
}

function idleOf({ publications, consumptions }: Flows): Consumption[] {
	const ran = [...publications, ...consumptions].some(({ count }) => count > 0);
	return consumptions.filter((consumption) => {
		if (ran) return consumption.count === 0;
		return !mayGetSomething(consumption, publications);
	});
}

function mayGetSomething({ eventType, channel }: Consumption, publications: readonly Publication[]): boolean {
	if (hasUnknownPublishers(channel) || isExpression(eventType)) return true;
	return publications.some((publication) => {
		// What is published under an expression may be what is waited for.
		const may = isExpression(publication.eventType) || fits(eventType, publication.eventType);
		return may && (publication.channel === channel || isExpression(publication.channel));
	});
}

function keyOf(eventType: string, channel: string): string {
	return JSON.stringify([eventType, channel]);
}

function total(numbers: readonly number[]): number {
	return numbers.reduce((sum, number) => sum + number, 0);
}
