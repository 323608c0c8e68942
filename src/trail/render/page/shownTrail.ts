/**
 * Everything the trail page says, as texts: what is drawn on the server and what the script shows come from here.
 */
import { handlingsOf, type Handling, type HandlingState, type Run } from '../../handlings';
import { momentOf, spanOf } from '../../moments';
import type { TreeNode } from '../../tree';
import type { TrailEvent, TrailFact } from '../../types';
import { cut, printable } from '../printable';
import { absoluteTime, clockTime, duration } from '../times';
import { executionLink, type TrailPageOptions } from './options';
import { briefText, runText, stateText, toneOf, type Tone } from './stateTexts';

/** More of an event is not shown; a person reads less, and the page stays quick. */
const MOST_JSON = 60_000;

export interface ShownEvent {
	readonly type: string;
	readonly version: string;
	readonly source: string;
	/** Of its service, for the colour. */
	readonly lane: number;
	readonly subject: string;
	readonly id: string;
	readonly correlation: string;
	readonly clock: string;
	readonly at: string;
	/** '': then, or about then. */
	readonly occurred: string;
	/** Since the first moment of the trail. */
	readonly after: string;
	/** Its place in the list; -1: it is not there, or there is none. */
	readonly cause: number;
	readonly causeId: string;
	readonly causeNote: string;
	readonly effects: readonly number[];
	readonly published: readonly ShownStep[];
	readonly handlings: readonly ShownHandling[];
	readonly json: string;
	readonly tone: Tone;
}

export interface ShownHandling {
	readonly service: string;
	readonly lane: number;
	readonly about: string;
	readonly state: string;
	/** The same in a word. */
	readonly brief: string;
	readonly tone: Tone;
	readonly error: string;
	readonly steps: readonly ShownStep[];
}

export interface ShownStep {
	readonly text: string;
	readonly after: string;
	readonly tone: Tone;
	readonly error: string;
	readonly execution: string;
	/** '': none. */
	readonly link: string;
}

export function shownTrail(
	nodes: readonly TreeNode[],
	lanes: readonly string[],
	options: TrailPageOptions,
): readonly ShownEvent[] {
	const first = spanOf(nodes.map(({ entry }) => entry))?.first ?? 0;
	const effects = effectsOf(nodes);
	return nodes.map((node, place) => {
		const { event, facts } = node.entry;
		const at = momentOf(node.entry);
		const handlings = handlingsOf(facts);
		return {
			type: printable(event.eventType),
			version: printable(event.eventVersion),
			source: printable(event.source),
			lane: lanes.indexOf(event.source),
			subject: printable(event.subject ?? ''),
			id: printable(event.eventId),
			correlation: printable(event.correlationId),
			clock: clockTime(at),
			at: absoluteTime(at),
			occurred: saysElse(event.occurredAt, at) ? printable(event.occurredAt) : '',
			after: `+${duration(at - first)}`,
			cause: node.parent ?? -1,
			causeId: printable(event.causationId ?? ''),
			causeNote: causeNote(node),
			effects: effects.get(place) ?? [],
			published: facts.filter(({ kind }) => kind === 'published').map((fact) => publishedStep(fact, first)),
			handlings: handlings.map((handling) => shownHandling(handling, first)),
			json: prettyEvent(event),
			tone: worst(handlings.map(({ state }) => state)),
		};
	});

	function shownHandling(handling: Handling, since: number): ShownHandling {
		const { service, group, broker, channel, state, error, runs } = handling;
		const place = channel === '' ? broker : `${broker}, ${channel}`;
		return {
			service: printable(service),
			lane: lanes.indexOf(service),
			about: printable(`group ${group} · ${place}`),
			state: printable(stateText(handling)),
			brief: briefText(handling),
			tone: toneOf(state),
			error: printable(error ?? '', true),
			steps: runs.map((run, place) => runStep(run, place, since)),
		};
	}

	function runStep(run: Run, place: number, since: number): ShownStep {
		const { startedAt, endedAt, ended, error, workflowId, executionId } = run;
		const took = startedAt !== null && endedAt !== null ? `, took ${duration(endedAt - startedAt)}` : '';
		return {
			text: `Attempt ${run.attempt ?? place + 1}: ${runText(ended)}${took}`,
			after: `+${duration((startedAt ?? endedAt ?? since) - since)}`,
			tone: toneOf(ended),
			error: printable(error ?? '', true),
			execution: printable(executionId ?? ''),
			link: executionLink(options.n8nUrl, workflowId, executionId) ?? '',
		};
	}

	function publishedStep({ at, broker, channel, workflowId, executionId }: TrailFact, since: number): ShownStep {
		return {
			text: printable(`Stored by ${broker}${channel === '' ? '' : `, ${channel}`}`),
			after: `+${duration(at - since)}`,
			tone: 'plain',
			error: '',
			execution: printable(executionId ?? ''),
			link: executionLink(options.n8nUrl, workflowId, executionId) ?? '',
		};
	}
}

function effectsOf(nodes: readonly TreeNode[]): ReadonlyMap<number, number[]> {
	const effects = new Map<number, number[]>();
	nodes.forEach(({ parent }, place) => {
		if (parent === null) return;
		const known = effects.get(parent);
		if (known) known.push(place);
		else effects.set(parent, [place]);
	});
	return effects;
}

function causeNote({ ancestry }: TreeNode): string {
	switch (ancestry) {
		case 'root':
			return 'Nothing: it began here';
		case 'orphan':
			return 'An event that is not in this trail';
		case 'cycle':
			return 'An event that it has caused itself';
		case 'caused':
			return '';
	}
}

function worst(states: readonly HandlingState[]): Tone {
	const tones = states.map(toneOf);
	return (['bad', 'warn', 'good'] as const).find((tone) => tones.includes(tone)) ?? 'plain';
}

/** A moment lies between happening and being stored. */
function saysElse(occurredAt: string, at: number): boolean {
	return !(Math.abs(Date.parse(occurredAt) - at) < 1000);
}

/** As the event was published. */
function prettyEvent(event: TrailEvent): string {
	const shown = {
		event_id: event.eventId,
		event_type: event.eventType,
		event_version: event.eventVersion,
		occurred_at: event.occurredAt,
		source: event.source,
		...(event.subject === null ? {} : { subject: event.subject }),
		...(event.payload === undefined ? {} : { payload: event.payload }),
		metadata: {
			correlation_id: event.correlationId,
			...(event.causationId === null ? {} : { causation_id: event.causationId }),
			hops: event.hops,
		},
	};
	return cut(printable(JSON.stringify(shown, null, 2), true), MOST_JSON);
}
