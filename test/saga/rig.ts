/**
 * One store with sagas for one case, and as many processes on it as the case wants.
 */
import type { CallOptions } from '../../src/broker/types';
import type { EventEnvelope, Json } from '../../src/event/envelope';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import { decide, type SagaInput } from '../../src/saga/decide';
import { checkDefinition, type SagaDefinition } from '../../src/saga/definition';
import type { SagaFact } from '../../src/saga/facts';
import { SagaJournal } from '../../src/saga/journal';
import { LocalNews } from '../../src/saga/localNews';
import { takeReply } from '../../src/saga/replies';
import { runSaga } from '../../src/saga/runner';
import type { SagaState } from '../../src/saga/state';
import type { SagaHost } from '../../src/saga/types';
import type { StoreEngine } from '../../src/store/engine';
import { EventStore } from '../../src/store/store';
import { storeFromUrl } from '../../src/store/stores';
import type { StorePlace } from '../store/storeUnderTest';
import { Services } from './services';

const OPEN_MS = 20_000;
export const PUBLISH = { target: 'bus', channel: 'events' } as const;
/** What is the same for every saga of a test. */
export const SURROUNDINGS = { cause: null, source: 'test', publish: PUBLISH };

export class SagaRig implements AsyncDisposable {
	readonly services = new Services();
	private readonly stack = new AsyncDisposableStack();

	constructor(private readonly place: StorePlace) {
		this.stack.defer(async () => await place.remove());
	}

	/** @param through what its engine looks like to it: one that fails, or is slow */
	async process(through: (engine: StoreEngine) => StoreEngine = (engine) => engine): Promise<SagaProcess> {
		return new SagaProcess(through(this.stack.use(await openEngine(this.place.url))), this.services);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.stack[Symbol.asyncDispose]();
	}
}

export async function openEngine(url: string): Promise<StoreEngine> {
	const { manifest, settings } = storeFromUrl(url);
	const host = { clock: systemClock, logger: silentLogger, clientName: 'test' };
	return await manifest.open(settings, { ...host, signal: AbortSignal.timeout(OPEN_MS) });
}

export interface Running extends Partial<SagaHost> {
	/** Default 15 s. */
	readonly waitMs?: number;
	readonly signal?: AbortSignal;
	/** Of one call to the store; default 10 s. */
	readonly timeoutMs?: number;
}

let owners = 0;

/** A process that looks after sagas. */
export class SagaProcess {
	readonly journal: SagaJournal;
	readonly news = new LocalNews();

	constructor(
		readonly engine: StoreEngine,
		private readonly services: Services,
	) {
		this.journal = new SagaJournal(engine, { clock: systemClock });
	}

	host(more: Partial<SagaHost> = {}): SagaHost {
		owners += 1;
		return {
			journal: this.journal,
			news: this.news,
			clock: systemClock,
			logger: silentLogger,
			owner: `runner-${owners}`,
			leaseMs: 2000,
			random: () => 0,
			resolve: (template) => template,
			perform: this.services.perform,
			...more,
		};
	}

	async start(
		id: string,
		definition: SagaDefinition,
		input: Json = {},
		correlationId = `corr_${id}`,
	): Promise<boolean> {
		const checked = checkDefinition(definition);
		const saga = { id, definition: checked, input, correlationId, ...SURROUNDINGS };
		return (await this.journal.start(saga, call())) !== null;
	}

	async run(id: string, { waitMs = 15_000, signal, timeoutMs = 10_000, ...host }: Running = {}): Promise<SagaState> {
		const options = { waitMs, timeoutMs, signal: signal ?? new AbortController().signal };
		return await runSaga(id, this.host(host), options);
	}

	async startAndRun(id: string, definition: SagaDefinition, running: Running = {}): Promise<SagaState> {
		await this.start(id, definition);
		return await this.run(id, running);
	}

	/** As a person's Resume and Cancel, or a late answer. */
	async apply(id: string, input: SagaInput): Promise<SagaState> {
		const state = await this.load(id);
		const facts = decide(state, input, { now: Date.now(), random: 0 });
		return facts.length === 0 ? state : await this.journal.record(state, facts, call());
	}

	async reply(event: EventEnvelope): Promise<'applied' | 'ignored'> {
		return await takeReply(event, { journal: this.journal, news: this.news, now: () => Date.now() }, call());
	}

	async load(id: string): Promise<SagaState> {
		const state = await this.journal.load(id, call());
		if (state === null) throw new Error(`There is no saga ${id}`);
		return state;
	}

	/** Those after the start, as they stand in the store. */
	async facts(id: string): Promise<readonly SagaFact[]> {
		const facts: SagaFact[] = [];
		for await (const { event } of new EventStore(this.engine).read(`saga-${id}`, call())) {
			const { fact } = event.payload as unknown as { readonly fact?: SagaFact };
			facts.push(fact ?? ({ kind: event.event_type.slice('saga.'.length) } as SagaFact));
		}
		return facts.slice(1);
	}

	async due(): Promise<readonly string[]> {
		const due = await this.engine.read('dueSagas', { limit: 1000, names: null }, call());
		return due.map(({ id }) => id);
	}

	/** Whether nobody looks after it. */
	async isFree(id: string): Promise<boolean> {
		const isFree = await this.journal.claim(id, 'the test', 1, call());
		if (isFree) await this.journal.release(id, 'the test', call());
		return isFree;
	}
}

export function call(timeoutMs = 10_000): CallOptions {
	return { signal: new AbortController().signal, timeoutMs };
}
