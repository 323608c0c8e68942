/**
 * Starts sagas and runs them to their ends, unless its brief says where it dies.
 */
import type { Json } from '../../../src/event/envelope';
import { systemClock } from '../../../src/kernel/clock';
import { silentLogger } from '../../../src/kernel/logger';
import type { SagaDefinition } from '../../../src/saga/definition';
import { SagaJournal } from '../../../src/saga/journal';
import { LocalNews } from '../../../src/saga/localNews';
import { runSaga } from '../../../src/saga/runner';
import { statusOf } from '../../../src/saga/state';
import type { SagaHost } from '../../../src/saga/types';
import type { StoreEngine } from '../../../src/store/engine';
import type { WriteArgs } from '../../../src/store/sql/commands';
import { openEngine, SURROUNDINGS } from '../rig';
import { performByHttp } from './httpPerform';

export interface RunnerBrief {
	readonly storeUrl: string;
	readonly serviceUrl: string;
	readonly definition: SagaDefinition;
	readonly sagas: readonly { readonly id: string; readonly input: Json }[];
	/** Sagas at once. */
	readonly width: number;
	readonly leaseMs: number;
	/** null: it lives. */
	readonly dies: KillPoint | null;
}

/** kill -9 just before or just after the n-th record is committed, or when the n-th answer of a service has come. */
export interface KillPoint {
	readonly when: 'before record' | 'after record' | 'after answer';
	/** 1-based. */
	readonly number: number;
}

export type RunnerReport =
	| { readonly kind: 'ended'; readonly id: string; readonly status: string }
	/** What is recorded: 'sent charge'. */
	| { readonly kind: 'record'; readonly text: string }
	/** Who answered: 'undo charge'. */
	| { readonly kind: 'answer'; readonly text: string };

const WAIT_MS = 60_000;
const CALL_MS = 20_000;

/** It must not outlive its test. */
const orphaned = () => process.exit(1);
process.once('disconnect', orphaned);

async function main(brief: RunnerBrief): Promise<void> {
	let answers = 0;
	const die = (when: KillPoint['when'], number: number) => {
		if (brief.dies?.when === when && brief.dies.number === number) process.kill(process.pid, 'SIGKILL');
	};
	await using engine = await openEngine(brief.storeUrl);
	const journal = new SagaJournal(watched(engine, die), { clock: systemClock });
	const perform: SagaHost['perform'] = async (call, signal) => {
		const outcome = await performByHttp(brief.serviceUrl, call, signal);
		answers += 1;
		die('after answer', answers);
		report({ kind: 'answer', text: call.direction === 'undo' ? `undo ${call.step}` : call.step });
		return outcome;
	};
	const left = [...brief.sagas];
	const news = new LocalNews();
	const work = async () => {
		for (let next = left.shift(); next; next = left.shift()) {
			const { id, input } = next;
			const options = { signal: new AbortController().signal, timeoutMs: CALL_MS };
			const saga = { id, definition: brief.definition, input, correlationId: `corr_${id}`, ...SURROUNDINGS };
			await journal.start(saga, options);
			const owner = `${process.pid}/${id}`;
			const resolve: SagaHost['resolve'] = (template, { json }) => ({ template, order: json });
			const its = { journal, news, clock: systemClock, logger: silentLogger, owner, leaseMs: brief.leaseMs };
			const host: SagaHost = { ...its, random: Math.random, resolve, perform };
			const state = await runSaga(id, host, { ...options, waitMs: WAIT_MS });
			report({ kind: 'ended', id, status: statusOf(state) });
		}
	};
	await Promise.all(Array.from({ length: brief.width }, work));
}

/** Tells of each record, and dies where it is to. */
function watched(engine: StoreEngine, die: (when: KillPoint['when'], number: number) => void): StoreEngine {
	let records = 0;
	return Object.assign(Object.create(engine) as StoreEngine, {
		read: engine.read.bind(engine),
		write: async (...args: Parameters<StoreEngine['write']>) => {
			if (args[0] !== 'transact') return await engine.write(...args);
			records += 1;
			const number = records;
			report({ kind: 'record', text: textOf(args[1] as WriteArgs<'transact'>) });
			die('before record', number);
			const result = await engine.write(...args);
			die('after record', number);
			return result;
		},
	});
}

/** 'succeeded undo charge, compensated' */
function textOf({ changes }: WriteArgs<'transact'>): string {
	const events = changes.flatMap((change) => (change.do === 'append' ? change.args.events : []));
	return events
		.map(({ event_type: type, payload }) => {
			const { fact } = payload as { readonly fact?: { readonly step?: string; readonly direction?: string } };
			return [type.slice('saga.'.length), fact?.direction === 'undo' ? 'undo' : '', fact?.step]
				.filter(Boolean)
				.join(' ');
		})
		.join(', ');
}

function report(what: RunnerReport): void {
	process.send?.(what);
}

void main(JSON.parse(process.argv[2] ?? '') as RunnerBrief).then(() => {
	process.off('disconnect', orphaned);
	process.disconnect();
});
