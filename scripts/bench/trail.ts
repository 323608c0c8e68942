/**
 * The event trail, measured: how long an answer takes on a large one, and what recording costs those who publish.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { ConnectionPool } from '../../src/broker/connectionPool';
import { brokerFromUrl } from '../../src/broker/registry';
import type { CallOptions } from '../../src/broker/types';
import { createEvent } from '../../src/event/createEvent';
import type { EventEnvelope } from '../../src/event/envelope';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import { publishPersistently } from '../../src/publisher/persistently';
import type { StoreEngine } from '../../src/store/engine';
import type { RecordedEntry } from '../../src/store/sql/trail';
import { storeFromUrl } from '../../src/store/stores';
import { keptEvent, DEFAULT_POLICY } from '../../src/trail/policy';
import { TrailRecorder } from '../../src/trail/recorder';
import { EventTrail } from '../../src/trail/trail';
import { times } from '../../test/conformance/waiting';
import { consumed, published, START } from '../../test/trail/entries';
import { markdownTable } from '../docs/markdownTable';
import { postgresServer } from '../servers/postgres';
import { type Log, step } from '../toolchain/log';
import { temporaryFolder } from './temporaryFolder';

const EVENTS = 100_000;
/** Events of one story. */
const STORY = 5;
const BATCH = 200;
const QUESTIONS = 300;

/** Turns of publishing with and without the recorder, short and many, because the machine is not ours alone. */
const TURNS = 30;
const WARM_UP_MS = 300;
const TURN_MS = 1200;

const CONTEXT = { now: Date.now(), defaultSource: 'bench', cause: null };

const call: CallOptions = { signal: new AbortController().signal, timeoutMs: 60_000 };
const host = { clock: systemClock, logger: silentLogger, clientName: 'bench' };

/** @returns two tables */
export async function benchTrail(log: Log): Promise<string> {
	await postgresServer.ensure(log);
	await using folder = await temporaryFolder();
	await using server = await postgresServer.start();
	const stores = [
		['SQLite', `sqlite:${join(folder.path, 'store.db')}`, async () => undefined],
		['PostgreSQL', server.url(), async () => await analyze(server.url())],
	] as const;
	const answers: (readonly [string, ReadonlyMap<string, string>])[] = [];
	for (const [label, url, whenFilled] of stores) {
		answers.push([label, await step(log, `Asking ${label}`, async () => await askLarge(url, whenFilled))]);
	}
	const costs: (readonly string[])[] = [];
	for (const [label, publishers, size] of [
		['One event at a time', 1, 1],
		['One event at a time, 8 publishers', 8, 1],
		['100 events at a time', 1, 100],
	] as const) {
		const file = `sqlite:${join(folder.path, `bus-${publishers}-${size}.db`)}`;
		costs.push([label, ...(await step(log, `Publishing: ${label}`, async () => await costOf(file, publishers, size)))]);
	}
	const names = [...(answers[0]?.[1].keys() ?? [])];
	return [
		markdownTable(
			['', ...answers.map(([label]) => label)],
			names.map((name) => [name, ...answers.map(([, figures]) => figures.get(name) ?? '')]),
		),
		markdownTable(
			[
				'Published on the built-in broker',
				'Events a second, not recorded',
				'recorded',
				'ratio',
				'ratio of CPU time',
				'facts kept',
			],
			costs,
		),
		`Node.js ${process.versions.node}, ${cpus().length} cores, server and client on one machine, every commit on disk.`,
	].join('\n\n');
}

/** What PostgreSQL does by itself within a minute or two: it plans by statistics. */
async function analyze(url: string): Promise<void> {
	const client = new Client({ connectionString: url });
	await client.connect();
	try {
		await client.query('ANALYZE');
	} finally {
		await client.end();
	}
}

async function askLarge(url: string, whenFilled: () => Promise<unknown>): Promise<ReadonlyMap<string, string>> {
	const { manifest, settings } = storeFromUrl(url);
	await using engine = await manifest.open(settings, { ...host, signal: AbortSignal.timeout(20_000) });
	const figures = new Map<string, string>();
	const startedAt = performance.now();
	for (let n = 0; n < EVENTS; n += BATCH)
		await engine.write('recordTrail', { entries: entries(n, BATCH), maxBytes: Infinity }, call);
	const perSecond = (EVENTS * 1000) / (performance.now() - startedAt);
	figures.set('Recorded events a second, three facts each', Math.round(perSecond).toLocaleString('en'));

	await whenFilled();
	const trail = new EventTrail(engine);
	const stories = EVENTS / STORY;
	const questions: Readonly<Record<string, (n: number) => Promise<unknown>>> = {
		'Trail of a story of 5 events': async (n) => await trail.trail(`corr_${(n * 7919) % stories}`, call),
		'Search by type, newest 100': async () => await trail.search({ types: ['order.step3'], ...call }),
		'Search by type and time, newest 100': async (n) =>
			await trail.search({ types: ['order.step1'], to: START + n * 100, ...call }),
		'Search for dead letters, newest 100': async () => await trail.search({ outcome: 'dead-letter', ...call }),
	};
	for (const [name, ask] of Object.entries(questions)) figures.set(name, await percentiles(QUESTIONS, ask));
	const field = { payload: { path: 'n', equals: 77 }, limit: 1000 };
	figures.set(
		`Search by a field, all ${EVENTS.toLocaleString('en')} events`,
		await percentiles(3, async () => await trail.search({ ...field, ...call })),
	);
	figures.set(
		'Map of the newest 200,000 facts',
		await percentiles(3, async () => await trail.flows({ from: 0, to: START * 2, ...call })),
	);
	return figures;
}

function entries(first: number, count: number): readonly RecordedEntry[] {
	return times(count, (k) => {
		const n = first + k;
		const place = n % STORY;
		const story = `corr_${Math.floor(n / STORY)}`;
		const draft = { type: `order.step${place}`, source: `service-${place}`, payload: order(n), correlationId: story };
		const envelope = createEvent(draft, CONTEXT);
		const kept = keptEvent(envelope, DEFAULT_POLICY);
		const consumer = { service: `n8n/Service ${place + 1}`, workflowId: `w${place + 1}` };
		const end = n % 1000 === 999 ? consumed('dead-letter', n + 2, consumer) : consumed('done', n + 2, consumer);
		const by = { service: `service-${place}`, workflowId: `w${place}` };
		return { event: kept, facts: [published(n, by), consumed('started', n + 1, consumer), end] };
	});
}

function order(n: number) {
	return {
		n: n % 1000,
		order_id: `ord_${n}`,
		customer: { id: `cust_${n % 997}`, email: `customer${n}@example.com`, address: '1 Long Street, 12345 Town' },
		lines: times(3, (line) => ({ sku: `PROD-00${line}`, quantity: line + 1, price: 19.99 })),
	};
}

/** Publishes in turns, with and without a recorder on the same file; the ratio is the middle one of all pairs. */
async function costOf(url: string, publishers: number, size: number): Promise<readonly string[]> {
	const { manifest, settings } = brokerFromUrl(url);
	const store = storeFromUrl(url);
	const pool = new ConnectionPool(host);
	const stores = new ConnectionPool<StoreEngine>(host);
	const recorderHost = {
		...host,
		borrowStore: async () => await stores.borrow(store.manifest, store.settings),
		random: Math.random,
	};
	const recorder = new TrailRecorder(recorderHost, {
		policy: DEFAULT_POLICY,
		retentionMs: 86_400_000,
		maxBytes: 256 * 1024 * 1024,
	});
	const lender = { borrow: async () => await pool.borrow(manifest, settings), hasAnswered: () => true };
	const publish = async (events: readonly EventEnvelope[], isRecorded: boolean) => {
		const where = { broker: 'embedded', channel: 'events', at: Date.now() };
		await publishPersistently(lender, { kind: 'channel', channel: 'events' }, events, {
			...call,
			clock: systemClock,
			random: Math.random,
			format: 'event-bus',
			provision: 'create',
			capabilities: manifest.capabilities,
			...(isRecorded ? { onStored: (stored: readonly EventEnvelope[]) => recorder.published(stored, where) } : {}),
		});
	};
	const turn = async (isRecorded: boolean): Promise<Speed> => {
		await publishFor(WARM_UP_MS, publishers, size, async (events) => await publish(events, isRecorded));
		const speed = await publishFor(TURN_MS, publishers, size, async (events) => await publish(events, isRecorded));
		await recorder.flush(60_000);
		return speed;
	};
	const pairs: (readonly [Speed, Speed])[] = [];
	for (let n = 0; n < TURNS; n += 1) {
		// Who is first changes, so that a machine that gets slower favours nobody.
		const first = await turn(n % 2 === 1);
		const second = await turn(n % 2 === 0);
		pairs.push(n % 2 === 0 ? [first, second] : [second, first]);
	}
	const { written, lost } = recorder.counts;
	await recorder[Symbol.asyncDispose]();
	await Promise.all([pool.close(), stores.close()]);
	const count = (value: number) => Math.round(value).toLocaleString('en');
	return [
		count(middle(pairs.map(([off]) => off.perSecond))),
		count(middle(pairs.map(([, on]) => on.perSecond))),
		middle(pairs.map(([off, on]) => on.perSecond / off.perSecond)).toFixed(3),
		middle(pairs.map(([off, on]) => on.cpuMicros / off.cpuMicros)).toFixed(3),
		`${Math.round((100 * written) / Math.max(1, written + lost))} %`,
	];
}

interface Speed {
	/** Events. */
	readonly perSecond: number;
	/** Of all threads, for one event. */
	readonly cpuMicros: number;
}

async function publishFor(
	ms: number,
	publishers: number,
	size: number,
	publish: (events: readonly EventEnvelope[]) => Promise<void>,
): Promise<Speed> {
	const cpuBefore = process.cpuUsage();
	const startedAt = performance.now();
	let stored = 0;
	await Promise.all(
		times(publishers, async () => {
			while (performance.now() - startedAt < ms) {
				await publish(times(size, (n) => createEvent({ type: 'order.created', payload: order(n) }, CONTEXT)));
				stored += size;
			}
		}),
	);
	const cpu = process.cpuUsage(cpuBefore);
	const perSecond = (stored * 1000) / (performance.now() - startedAt);
	return { perSecond, cpuMicros: (cpu.user + cpu.system) / stored };
}

/** '1.2 ms (95 of 100: 3.4 ms)' */
async function percentiles(count: number, work: (n: number) => Promise<unknown>): Promise<string> {
	const taken: number[] = [];
	for (let n = 0; n < count; n += 1) {
		const startedAt = performance.now();
		await work(n);
		taken.push(performance.now() - startedAt);
	}
	const sorted = taken.sort((a, b) => a - b);
	const at = (share: number) => milliseconds(sorted[Math.max(0, Math.ceil(share * count) - 1)] ?? 0);
	return `${at(0.5)} (p95 ${at(0.95)})`;
}

function middle(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function milliseconds(value: number): string {
	return `${value < 10 ? value.toFixed(1) : String(Math.round(value))} ms`;
}
