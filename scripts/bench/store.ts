/**
 * The event store, measured the same way on SQLite and on PostgreSQL.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { CallOptions } from '../../src/broker/types';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import { compileRules } from '../../src/store/fold/rules';
import { EventStore } from '../../src/store/store';
import { storeFromUrl } from '../../src/store/stores';
import { event, events } from '../../test/conformance/events';
import { times } from '../../test/conformance/waiting';
import { markdownTable } from '../docs/markdownTable';
import { postgresServer } from '../servers/postgres';
import { type Log, step } from '../toolchain/log';
import { temporaryFolder } from './temporaryFolder';

/** How long each kind of append is measured. */
const APPEND_MS = 5000;
const BATCH = 100;
const WRITERS = 8;
const EVENTS = 10_000;
const DOCUMENTS = 10_000;
/** A quick measure is taken so often, and its middle one told. */
const REPEATS = 15;

/** What was measured → the figure, as it is shown. */
type Figures = ReadonlyMap<string, string>;

/** @returns a table */
export async function benchStore(log: Log): Promise<string> {
	await postgresServer.ensure(log);
	await using folder = await temporaryFolder();
	await using server = await postgresServer.start();
	const stores = [
		['SQLite', `sqlite:${join(folder.path, 'store.db')}`],
		['PostgreSQL', server.url()],
	] as const;
	const results: (readonly [string, Figures])[] = [];
	for (const [label, url] of stores) {
		results.push([label, await step(log, `Measuring ${label}`, async () => await measure(url))]);
	}
	const rows = [...(results[0]?.[1].keys() ?? [])].map((name) => [
		name,
		...results.map(([, found]) => found.get(name) ?? ''),
	]);
	const table = markdownTable(['', ...results.map(([label]) => label)], rows);
	return `${table}\n\nNode.js ${process.versions.node}, ${cpus().length} cores, server and client on one machine, every commit on disk.`;
}

async function measure(url: string): Promise<Figures> {
	const { manifest, settings } = storeFromUrl(url);
	const host = { clock: systemClock, logger: silentLogger, clientName: 'bench' };
	await using engine = await manifest.open(settings, { ...host, signal: AbortSignal.timeout(20_000) });
	const store = new EventStore(engine);
	const figures = new Map<string, string>();
	const call: CallOptions = { signal: new AbortController().signal, timeoutMs: 60_000 };

	figures.set('Appends a second, one writer', perSecond(await appendFor(store, 1, 1, call)));
	figures.set(`Appends a second, ${WRITERS} writers`, perSecond(await appendFor(store, WRITERS, 1, call)));
	figures.set(`Events a second, appended ${BATCH} at a time`, perSecond(await appendFor(store, 1, BATCH, call)));
	figures.set('Events a second, read from the log', perSecond(await readLog(store, call)));
	for (const [name, ms] of await foldOf(store, call)) figures.set(name, ms);
	for (const [name, ms] of await findIn(store, call)) figures.set(name, ms);
	return figures;
}

/** @returns events a second */
async function appendFor(store: EventStore, writers: number, batch: number, call: CallOptions): Promise<number> {
	const startedAt = performance.now();
	let stored = 0;
	await Promise.all(
		times(writers, async (writer) => {
			while (performance.now() - startedAt < APPEND_MS) {
				await store.append(`writer${writer}-${batch}`, events(batch), call);
				stored += batch;
			}
		}),
	);
	return (stored * 1000) / (performance.now() - startedAt);
}

/** @returns events a second */
async function readLog(store: EventStore, call: CallOptions): Promise<number> {
	const startedAt = performance.now();
	let read = 0;
	for await (const stored of store.readLog({ ...call, limit: EVENTS })) if (stored.position > 0) read += 1;
	return (read * 1000) / (performance.now() - startedAt);
}

async function foldOf(store: EventStore, call: CallOptions): Promise<readonly (readonly [string, string])[]> {
	const stream = 'account-1';
	for (let n = 0; n < EVENTS; n += BATCH * 5) {
		const list = times(BATCH * 5, () => event({ type: 'account.credited', payload: { amount: 1 } }));
		await store.append(stream, list, call);
	}
	const rulesOf = (initial: number) => {
		const increment = { balance: '$.payload.amount' };
		const row = { on: ['account.credited'], mergePayload: false, set: {}, increment, remove: [] };
		return compileRules({ rows: [row], initial: { balance: initial }, keepHistory: false });
	};
	// Rules of their own find no snapshot.
	const without = await middle(async (n) => {
		await store.state(stream, rulesOf(n), {}, call);
	});
	const known = rulesOf(0);
	const within = await middle(async () => {
		await store.state(stream, known, {}, call);
	});
	const what = `State of a stream of ${EVENTS.toLocaleString('en')} events`;
	return [
		[`${what}, without a snapshot`, milliseconds(without)],
		[`${what}, with one`, milliseconds(within)],
	];
}

async function findIn(store: EventStore, call: CallOptions): Promise<readonly (readonly [string, string])[]> {
	for (let start = 0; start < DOCUMENTS; start += BATCH) {
		const changes = times(BATCH, (n) => {
			const id = String(start + n);
			const data = { status: `s${(start + n) % 100}`, total: (start + n) % 997, customer: { name: `c${id}` } };
			return { do: 'putDocument', args: { model: 'orders', id, expect: null, change: null, data } } as const;
		});
		await store.engine.write('transact', { changes }, call);
	}
	const query = { model: 'orders', match: 'all', sort: null, limit: 20, offset: 0 } as const;
	const where = [{ path: 'status', operator: 'equals', values: ['s42'] }] as const;
	const equal = await middle(async () => {
		await store.find({ ...query, where }, call);
	});
	const sorted = await middle(async () => {
		await store.find({ ...query, where, sort: { path: 'total', descending: true } }, call);
	});
	const contains = await middle(async () => {
		const part = [{ path: 'customer.name', operator: 'contains', values: ['999'] }] as const;
		await store.find({ ...query, where: part }, call);
	});
	const what = `Find in ${DOCUMENTS.toLocaleString('en')} documents`;
	return [
		[`${what}, by a value`, milliseconds(equal)],
		[`${what}, by a value and sorted`, milliseconds(sorted)],
		[`${what}, by a part of a text`, milliseconds(contains)],
	];
}

/** @returns milliseconds */
async function middle(work: (n: number) => Promise<void>): Promise<number> {
	const taken: number[] = [];
	for (let n = 1; n <= REPEATS; n += 1) {
		const startedAt = performance.now();
		await work(n);
		taken.push(performance.now() - startedAt);
	}
	return taken.sort((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? 0;
}

function perSecond(value: number): string {
	return Math.round(value).toLocaleString('en');
}

function milliseconds(value: number): string {
	return `${value < 10 ? value.toFixed(1) : String(Math.round(value))} ms`;
}
