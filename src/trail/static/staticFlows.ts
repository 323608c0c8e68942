/**
 * Who publishes what to whom, read from exported workflows without running anything.
 */
import { replyChannelOf } from '../../publisher/requestReply';
import { isExpression } from '../places';
import type { Causation, Consumption, Flows, Publication } from '../types';
import { listensOf, sendsOf, type Listens, type Sends } from './busNodes';
import { fits } from '../wanted';
import { reachedFrom, type Workflow } from './workflowFile';

/** Counts and latencies are 0 and null: nothing ran. */
export function staticFlows(workflows: readonly Workflow[]): Flows {
	const all = workflows.flatMap(partsOf);
	const heard = all.flatMap(({ listens }) => listens ?? []);
	const parts = all.map((part) => ({ ...part, sends: part.sends.filter((sent) => isWanted(sent, heard)) }));
	const known = parts.flatMap(({ sends }) => sends).filter(({ what }) => what === 'event' || what === 'offer');
	const publications = new Map<string, Publication>();
	const consumptions = new Map<string, Consumption>();
	const causations = new Map<string, Causation>();
	for (const { service, listens, sends } of parts) {
		for (const sent of sends) {
			for (const { eventType, channel, cause } of sentTypes(sent, listens, known)) {
				const publication = { service: sent.source ?? service, eventType, channel, count: 0 };
				publications.set(JSON.stringify(publication), publication);
				if (cause === null) continue;
				const causation = { service, cause, effect: eventType, count: 0 };
				causations.set(JSON.stringify(causation), causation);
			}
		}
		for (const eventType of listens?.types ?? []) {
			const consumption = consumptionOf(service, eventType, listens);
			if (consumption) consumptions.set(JSON.stringify(consumption), consumption);
		}
	}
	return {
		publications: [...publications.values()],
		consumptions: [...consumptions.values()],
		causations: [...causations.values()],
	};
}

/** A trigger and what runs after it: what a map calls a service. Without `listens`: what something else started. */
interface Part {
	readonly service: string;
	readonly listens: Listens | null;
	readonly sends: readonly Sends[];
}

function partsOf(workflow: Workflow): Part[] {
	const listens = workflow.nodes.flatMap((node) => listensOf(node, workflow));
	const sends = workflow.nodes.flatMap(sendsOf);
	const name = `n8n/${workflow.name}`;
	const chains = listens.map((one) => {
		const reached = one.starts ? reachedFrom(workflow, one.node.name) : new Set([one.node.name]);
		const after = sends.filter(({ node }) => reached.has(node.name));
		return { service: commonSource(after) ?? name, listens: one, sends: one.starts ? after : [] };
	});
	const caused = new Set(chains.flatMap((chain) => chain.sends));
	const others = sends.filter((sent) => !caused.has(sent));
	return others.length === 0 ? chains : [...chains, { service: name, listens: null, sends: others }];
}

/** What consumes goes by the name under which it publishes, if that is one name. */
function commonSource(sends: readonly Sends[]): string | undefined {
	const sources = new Set(sends.map(({ source }) => source));
	const [first] = sources;
	return sources.size === 1 ? first : undefined;
}

function consumptionOf(service: string, eventType: string, listens: Listens | null): Consumption | null {
	if (!listens) return null;
	const { group, channel } = listens;
	return { service, group, eventType, channel, count: 0, retries: 0, deadLetters: 0, latencyMs: null };
}

interface Sent {
	readonly eventType: string;
	readonly channel: string;
	readonly cause: string | null;
}

function sentTypes(sent: Sends, listens: Listens | null, known: readonly Sends[]): Sent[] {
	const { what, eventType, channel } = sent;
	const causes = listens?.types ?? [];
	switch (what) {
		case 'event':
		case 'offer':
			return causes.length === 0
				? [{ eventType, channel, cause: null }]
				: causes.map((cause) => ({ eventType, channel, cause }));
		case 'forward':
			return causes
				.flatMap((cause) => typesBehind(cause, listens?.channel ?? '', known))
				.map((type) => ({ eventType: type, channel, cause: type }));
		case 'reply':
			return causes.map((cause) => ({
				eventType: eventType || `${cause}.reply`,
				channel: replyChannelOf(listens?.channel ?? ''),
				cause,
			}));
	}
}

/** What is only offered is on the map where somebody takes it. */
function isWanted({ what, eventType, channel }: Sends, heard: readonly Listens[]): boolean {
	if (what !== 'offer') return true;
	return heard.some((one) => one.channel === channel && one.types.some((type) => fits(type, eventType)));
}

/** What is known to be published that fits; the pattern where nothing is. */
function typesBehind(pattern: string, channel: string, known: readonly Sends[]): readonly string[] {
	if (isExpression(pattern)) return [pattern];
	const types = known.filter((sent) => sent.channel === channel && !isExpression(sent.eventType));
	const fitting = types.map(({ eventType }) => eventType).filter((type) => fits(pattern, type));
	return fitting.length === 0 ? [pattern] : [...new Set(fitting)];
}
