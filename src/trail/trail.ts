/**
 * The event trail as nodes and programs ask it: what became of a story, of events that fit a search, and who publishes
 * what to whom.
 */
import type { CallOptions } from '../broker/types';
import { checkTypePatterns } from '../event/typePattern';
import type { StoreEngine } from '../store/engine';
import { parsePath } from '../store/fold/path';
import type { TrailCursor, TrailPage } from '../store/sql/trailReading';
import type { FlowCursor, FlowFact, TrailFilter, TrailFindings } from '../store/sql/trailSearch';
import { inCausalOrder } from './causalOrder';
import { withExecutions } from './executions';
import { FlowTally } from './observedFlows';
import { withServiceNames } from './serviceNames';
import type { Flows, TrailEntry } from './types';

/** Events in one answer of the engine. */
const PAGE = 500;

/** What one answer of a search looks at: payloads have to be read for it, the rest stands in columns. */
const SCAN = { payload: 500, columns: 2000 } as const;

/** Most events that one search looks at, and facts that one map is made of: a second or two on a file. */
const MAX_SCANNED = 100_000;
const MAX_FLOW_FACTS = 200_000;
const FLOW_PAGE = 2000;

export interface TrailOptions extends CallOptions {
	/** Most events. Default 1000. */
	readonly limit?: number;
}

export interface Trail {
	/** By time, never an effect before its cause. */
	readonly entries: readonly TrailEntry[];
	/** False: there are more events than the limit. */
	readonly isWhole: boolean;
}

export interface SearchOptions extends CallOptions, TrailFilter {
	/** Most events. Default 100. */
	readonly limit?: number;
	/** As the answer before gave it: only what is older. */
	readonly before?: TrailCursor | null;
}

export interface SearchResult {
	/** Newest first. */
	readonly entries: readonly TrailEntry[];
	/** Pass as `before` to look further; null: everything was looked at. */
	readonly next: TrailCursor | null;
}

export interface FlowOptions extends CallOptions {
	/** Milliseconds since the epoch. */
	readonly from: number;
	/** Up to and without it, milliseconds since the epoch. */
	readonly to: number;
	/** Default: all. */
	readonly channel?: string | null;
}

export interface ObservedFlows extends Flows {
	/** The oldest fact that is counted, milliseconds since the epoch; later than `from` when there were too many facts. */
	readonly since: number;
}

export class EventTrail {
	constructor(private readonly engine: StoreEngine) {}

	/** Everything that belongs to a story. @throws EventBusError as the engine */
	async trail(correlationId: string, { limit = 1000, ...call }: TrailOptions): Promise<Trail> {
		const entries: TrailEntry[] = [];
		let after: TrailCursor | null = null;
		do {
			const args = { correlationId, after, limit: Math.min(PAGE, limit - entries.length) };
			const page: TrailPage = await this.engine.read('readTrail', args, call);
			entries.push(...page.entries);
			after = page.next;
		} while (after !== null && entries.length < limit);
		return { entries: inCausalOrder(withServiceNames(withExecutions(entries))), isWhole: after === null };
	}

	/**
	 * Looks at no more than 100,000 events; `next` says where to go on.
	 * @throws EventBusError `settings` for a pattern or path that cannot be, or as the engine
	 */
	async search({ limit = 100, before = null, signal, timeoutMs, ...filter }: SearchOptions): Promise<SearchResult> {
		const checked = checkFilter(filter);
		const scan = filter.payload === undefined ? SCAN.columns : SCAN.payload;
		const entries: TrailEntry[] = [];
		let next: TrailCursor | null = before;
		let scanned = 0;
		do {
			const args = { filter: checked, before: next, limit: limit - entries.length, scan };
			const found: TrailFindings = await this.engine.read('searchTrail', args, { signal, timeoutMs });
			entries.push(...found.entries);
			scanned += found.scanned;
			next = found.next;
		} while (next !== null && entries.length < limit && scanned < MAX_SCANNED);
		return { entries: withServiceNames(entries), next };
	}

	/** Made of the newest 200,000 facts at most. @throws EventBusError as the engine */
	async flows({ from, to, channel = null, ...call }: FlowOptions): Promise<ObservedFlows> {
		const tally = new FlowTally(channel);
		let before: FlowCursor | null = null;
		for (let counted = 0; counted < MAX_FLOW_FACTS; counted += FLOW_PAGE) {
			const args = { from, to, before, limit: FLOW_PAGE };
			const facts: readonly FlowFact[] = await this.engine.read('readFlowFacts', args, call);
			for (const fact of facts) tally.add(fact);
			const last = facts.at(-1);
			if (!last || facts.length < FLOW_PAGE) return { ...tally.flows(), since: from };
			before = last;
		}
		return { ...tally.flows(), since: before?.at ?? from };
	}
}

/** @throws EventBusError `settings` */
function checkFilter(filter: TrailFilter): TrailFilter {
	if (filter.payload !== undefined) parsePath(filter.payload.path, 'Payload');
	return filter.types === undefined ? filter : { ...filter, types: checkTypePatterns(filter.types) };
}
