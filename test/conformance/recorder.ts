/**
 * What a consumer under test did: its runs, the facts it reported, and how many runs went on at once.
 */
import type { ConsumerFact, DeadLetterInfo, DeliveryInfo, ReceivedEvent, Verdict } from '../../src/consumer/types';
import type { EventEnvelope } from '../../src/event/envelope';
import type { EventBusError } from '../../src/kernel/errors';

/** One event in one run of the handler. */
export interface Run {
	readonly id: string;
	readonly event: EventEnvelope;
	readonly delivery: DeliveryInfo;
	readonly deadLetter: DeadLetterInfo | null;
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	/** null: still going on. */
	endedAt: number | null;
	/** Place among all starts and ends of this process: exact where milliseconds are not. */
	readonly order: number;
	endOrder: number | null;
	verdict: Verdict | null;
}

/** What a case does with a run: undefined means done, a throw is a failed run. */
export type Handle = (run: Run, context: { readonly signal: AbortSignal }) => Verdict | void | Promise<Verdict | void>;

type FactOf<Kind extends ConsumerFact['kind']> = ConsumerFact & { readonly kind: Kind };

let lastOrder = 0;

function nextOrder(): number {
	lastOrder += 1;
	return lastOrder;
}

export class Recorder {
	readonly runs: Run[] = [];
	/** Events per call of the handler. */
	readonly batchSizes: number[] = [];
	readonly facts: ConsumerFact[] = [];
	fatal: EventBusError | null = null;
	/** Set by a case that makes its consumer give up. */
	expectsFatal = false;
	maxInFlight = 0;
	private inFlight = 0;

	constructor(private readonly handle: Handle) {}

	/** The handler to give to a consumer. */
	readonly handler = async (
		received: readonly ReceivedEvent[],
		context: { readonly signal: AbortSignal },
	): Promise<readonly Verdict[]> => {
		this.batchSizes.push(received.length);
		this.inFlight += 1;
		this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
		try {
			return await Promise.all(received.map(async (one) => await this.runOne(one, context)));
		} finally {
			this.inFlight -= 1;
		}
	};

	/** Ids in order of their starts. */
	get ids(): string[] {
		return this.runs.map(({ id }) => id);
	}

	/** Distinct ids whose run ended well, sorted. */
	get doneIds(): string[] {
		const done = this.runs.filter(({ verdict }) => verdict?.as === 'done' || verdict?.as === 'handed-over');
		return [...new Set(done.map(({ id }) => id))].sort();
	}

	runsOf(id: string): Run[] {
		return this.runs.filter((run) => run.id === id);
	}

	factsOf<Kind extends ConsumerFact['kind']>(kind: Kind): FactOf<Kind>[] {
		return this.facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind);
	}

	private async runOne({ event, delivery, deadLetter }: ReceivedEvent, context: { signal: AbortSignal }) {
		const run: Run = {
			id: event.event_id,
			event,
			delivery,
			deadLetter: deadLetter ?? null,
			startedAt: Date.now(),
			endedAt: null,
			order: nextOrder(),
			endOrder: null,
			verdict: null,
		};
		this.runs.push(run);
		try {
			run.verdict = (await this.handle(run, context)) ?? { as: 'done' };
			return run.verdict;
		} finally {
			run.endedAt = Date.now();
			run.endOrder = nextOrder();
		}
	}
}

export const fails = (message = 'it failed on purpose', retryable = true): Verdict => ({
	as: 'retry',
	error: { name: 'PurposeError', message, retryable, workflowId: 'workflow-7', executionId: 'execution-42' },
});

/** Fails the first `count` runs of an event that `which` accepts; every other run is done. */
export function failing(count: number, which: (run: Run) => boolean = () => true): Handle {
	const failed = new Map<string, number>();
	return (run) => {
		const before = failed.get(run.id) ?? 0;
		if (!which(run) || before >= count) return;
		failed.set(run.id, before + 1);
		return fails();
	};
}
