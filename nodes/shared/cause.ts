/**
 * Which event caused what this run publishes, however many nodes lie between.
 *
 * The cause is the event delivered to the run: the item itself when it carries `delivery`, else the item of our
 * trigger upstream that n8n's item links lead to. Never a silent "first item": after an Aggregate the links are
 * ambiguous, and then all candidates are named.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { deliveredEventOf, isObject } from './items';
import { commandOf } from './sagaCommand';

export type CauseContext = Pick<IExecuteFunctions, 'getNode' | 'getParentNodes' | 'getWorkflowDataProxy'>;

/** What started this run with an event, and what it emitted. */
export interface RunTrigger {
	readonly name: string;
	/** Its settings as saved, expressions not evaluated. */
	readonly parameters: Readonly<Record<string, unknown>>;
	/** In the order of the batch; null for an item that carries no event. */
	readonly events: readonly (EventEnvelope | null)[];
	/** Whether it waits for the end of the run; not the begin of a sub-workflow, which a step of a saga called. */
	readonly isSettling: boolean;
}

export type Cause =
	| { readonly kind: 'none' }
	| ({ readonly kind: 'event'; readonly event: EventEnvelope; readonly batchIndex: number | null } & Nth)
	/** Several events went into this item; their number may be all of the batch. */
	| ({ readonly kind: 'several'; readonly events: readonly EventEnvelope[] } & Nth);

interface Nth {
	/**
	 * Among the items of the run that have this cause, from 0. Unlike the index of the item it is the same when the event
	 * comes again in another batch.
	 */
	readonly nth: number;
}

/** Ends a node type name whatever package prefix n8n gave it (`CUSTOM.` for a folder of extensions). */
const TRIGGER_TYPE = /\.(eventBus|eventStore|saga)Trigger$/;
/** Where a sub-workflow begins: a step of a saga says in its item which saga it belongs to. */
const CALLED_TYPE = /\.executeWorkflowTrigger$/;

/**
 * Finds causes for the items of one run. Made once a run, because the trigger is the same for all of them.
 */
export class CauseFinder {
	readonly trigger: RunTrigger | null;
	private readonly seen = new Map<string, number>();

	constructor(private readonly context: CauseContext) {
		this.trigger = findTrigger(context);
	}

	/** To be asked once for each item. */
	causeOf(item: INodeExecutionData | undefined, itemIndex: number): Cause {
		const own = deliveredEventOf(item);
		if (own) return this.single(own);
		if (!this.trigger) return { kind: 'none' };
		const { events, name } = this.trigger;
		const [only] = events;
		if (events.length === 1) return only ? this.single(only) : { kind: 'none' };
		const matched = matchedItem(this.context, name, itemIndex);
		const event = matched === null ? null : causeIn(matched);
		if (event) return this.single(event);
		const candidates = events.filter((candidate) => candidate !== null);
		if (candidates.length === 0) return { kind: 'none' };
		return { kind: 'several', events: candidates, nth: this.count(candidates) };
	}

	private single(event: EventEnvelope): Cause {
		const index = this.trigger?.events.findIndex((candidate) => candidate !== null && isSame(candidate, event)) ?? -1;
		return { kind: 'event', event, batchIndex: index === -1 ? null : index, nth: this.count([event]) };
	}

	private count(events: readonly EventEnvelope[]): number {
		const key = JSON.stringify(events.map(({ source, event_id }) => [source, event_id]));
		const nth = this.seen.get(key) ?? 0;
		this.seen.set(key, nth + 1);
		return nth;
	}
}

/** Of several triggers of ours in a workflow only one started this run; n8n has no data of the others. */
function findTrigger(context: CauseContext): RunTrigger | null {
	const ancestors = context.getParentNodes(context.getNode().name, { includeNodeParameters: true });
	for (const { name, type, parameters } of ancestors) {
		const isSettling = TRIGGER_TYPE.test(type);
		if (!isSettling && !CALLED_TYPE.test(type)) continue;
		const events = emittedItems(context, name)?.map(causeIn);
		// A sub-workflow that no saga called is none of ours.
		if (!events || (!isSettling && events.every((event) => event === null))) continue;
		return { name, parameters: isObject(parameters) ? parameters : {}, events, isSettling };
	}
	return null;
}

/** The event that was delivered as this item, or the command of a saga that it is. */
function causeIn(item: unknown): EventEnvelope | null {
	return deliveredEventOf(item) ?? commandOf(isObject(item) && isObject(item.json) ? item.json : item);
}

function emittedItems(context: CauseContext, trigger: string): readonly unknown[] | null {
	try {
		const items: unknown = nodeProxy(context, trigger, 0).all();
		return Array.isArray(items) && items.length > 0 ? items : null;
	} catch {
		// n8n throws for a node that did not run.
		return null;
	}
}

function matchedItem(context: CauseContext, trigger: string, itemIndex: number): unknown {
	try {
		return nodeProxy(context, trigger, itemIndex).itemMatching(itemIndex) ?? null;
	} catch {
		// n8n throws where its item links lead to several items, or to none.
		return null;
	}
}

interface NodeProxy {
	all(): unknown;
	itemMatching(itemIndex: number): unknown;
}

/** n8n types its data proxy as `any`. */
function nodeProxy(context: CauseContext, name: string, itemIndex: number): NodeProxy {
	const lookUp = context.getWorkflowDataProxy(itemIndex).$ as (nodeName: string) => NodeProxy;
	return lookUp(name);
}

function isSame(one: EventEnvelope, other: EventEnvelope): boolean {
	return one.event_id === other.event_id && one.source === other.source;
}
