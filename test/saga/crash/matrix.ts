/**
 * The crash matrix: a saga whose runner is killed (kill -9) before and after everything that it records, and after every
 * answer it gets; another process takes over. Each row is one such death.
 */
import { join } from 'node:path';
import { statusOf } from '../../../src/saga/state';
import { dueAtOf } from '../../../src/saga/work';
import { until } from '../../conformance/waiting';
import { Child } from '../../store/crash/child';
import { chain, step } from '../definitions';
import { Ledger } from '../ledger';
import { call, openEngine, SagaProcess } from '../rig';
import { Services } from '../services';
import { HttpService, type Reply, type Request } from './httpService';
import type { KillPoint, RunnerBrief, RunnerReport } from './runnerProcess';

export const JOURNEYS = ['forward', 'declined'] as const;
export type Journey = (typeof JOURNEYS)[number];

export interface Row {
	readonly journey: Journey;
	readonly dies: KillPoint;
	/** What was being recorded, or who had answered. */
	readonly at: string;
	readonly status: string;
	/** In the order in which the services applied them. */
	readonly effects: readonly string[];
	/** Requests beyond the first of their key. */
	readonly repeated: number;
	/** Everything that is not as it should be; none: the row holds. */
	readonly problems: readonly string[];
}

const NAMES = ['reserve', 'charge', 'pack', 'ship', 'invoice'] as const;
const LAST = 'invoice';
const QUICK = { maxAttempts: 5, backoff: { initialMs: 50, factor: 1, maxMs: 50, jitter: 0 } };
const definition = chain(...NAMES.map((name) => step(name, { retry: QUICK })));
const LEASE_MS = 300;
const LEASE_PATIENCE_MS = 5000;
/** Processes that run at once: most of their time they wait. */
const AT_ONCE = 4;

const WANTED: Readonly<Record<Journey, { readonly status: string; readonly effects: readonly string[] }>> = {
	forward: { status: 'completed', effects: NAMES },
	declined: {
		status: 'compensated',
		effects: [
			...NAMES.slice(0, -1),
			...NAMES.slice(0, -1)
				.toReversed()
				.map((name) => `undo ${name}`),
		],
	},
};

export interface MatrixOptions {
	/** Which of all rows are to be run; default all. */
	readonly choose?: (points: readonly KillPoint[]) => readonly KillPoint[];
	/** Told of each row as it ends. */
	readonly onRow?: (row: Row) => void;
}

export async function crashMatrix(storeUrl: string, { choose, onRow }: MatrixOptions = {}): Promise<readonly Row[]> {
	await using engine = await openEngine(storeUrl);
	const process = new SagaProcess(engine, new Services());
	const planned: Plan[] = [];
	for (const journey of JOURNEYS) {
		const all = await killPoints(storeUrl, journey);
		const every = all.map(({ dies }) => dies);
		const points = choose?.(every) ?? every;
		planned.push(...all.filter(({ dies }) => points.includes(dies)).map((one) => ({ journey, ...one })));
	}
	const rows = new Map<Plan, Row>();
	const left = [...planned];
	const work = async () => {
		for (let plan = left.shift(); plan; plan = left.shift()) {
			const row = await runRow(storeUrl, plan, process);
			rows.set(plan, row);
			onRow?.(row);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	return planned.flatMap((plan) => rows.get(plan) ?? []);
}

interface Plan {
	readonly journey: Journey;
	readonly dies: KillPoint;
	readonly at: string;
}

/** Where a process can die: found by one that does not. */
async function killPoints(storeUrl: string, journey: Journey): Promise<readonly Omit<Plan, 'journey'>[]> {
	await using orders = await Orders.open(journey);
	await using child = runner({ storeUrl, serviceUrl: orders.url, id: `${journey}/undisturbed`, dies: null });
	await child.ended();
	const texts = (kind: 'record' | 'answer') =>
		child.reports.flatMap((report) => (report.kind === kind ? [report.text] : []));
	return [
		...texts('record').flatMap((at, index) =>
			(['before record', 'after record'] as const).map((when) => ({ dies: { when, number: index + 1 }, at })),
		),
		...texts('answer').map((at, index) => ({ dies: { when: 'after answer' as const, number: index + 1 }, at })),
	];
}

async function runRow(storeUrl: string, plan: Plan, process: SagaProcess): Promise<Row> {
	const { journey, dies, at } = plan;
	const id = `${journey}/${dies.when}/${dies.number}`;
	await using orders = await Orders.open(journey);
	const its = { storeUrl, serviceUrl: orders.url, id };
	const problems: string[] = [];
	await using dying = runner({ ...its, dies });
	const end = await dying.ended();
	if (end !== 'SIGKILL') problems.push(`the first process ended with ${end}`);
	await using second = runner({ ...its, dies: null });
	const secondEnd = await second.ended();
	if (secondEnd !== 0) problems.push(`the second process ended with ${secondEnd}`);
	problems.push(...(await problemsOf(id, journey, orders, process)));
	const status = statusOf(await process.load(id));
	return { journey, dies, at, status, effects: orders.effects, repeated: orders.repeated, problems };
}

/** The lease of the process that died ends by itself; nobody takes it where the saga had ended. */
async function isFreeSoon(id: string, process: SagaProcess): Promise<boolean> {
	try {
		await until('the lease is over', async () => await process.isFree(id), LEASE_PATIENCE_MS);
		return true;
	} catch {
		return false;
	}
}

async function problemsOf(id: string, journey: Journey, orders: Orders, process: SagaProcess): Promise<string[]> {
	const { status, effects } = WANTED[journey];
	const state = await process.load(id);
	const problems: string[] = [];
	if (statusOf(state) !== status) problems.push(`it is ${statusOf(state)}`);
	if (orders.effects.join() !== effects.join()) problems.push(`effects: ${orders.effects.join(', ')}`);
	if (orders.changed > 0) problems.push('a later attempt asked for something else');
	if (dueAtOf(state) !== null || (await process.due()).includes(id)) problems.push('it is still due');
	if (!(await isFreeSoon(id, process))) problems.push('a lease is left');
	const [entry] = await process.journal.list({ id }, 1, call());
	if (entry?.status !== status || entry.dueAt !== null || entry.version !== state.version) {
		problems.push(`it is listed as ${JSON.stringify(entry)}`);
	}
	try {
		const ledger = new Ledger(definition);
		for (const fact of await process.facts(id)) ledger.add(fact);
	} catch (error) {
		problems.push(`facts: ${String(error)}`);
	}
	return problems;
}

type RowBrief = Pick<RunnerBrief, 'storeUrl' | 'serviceUrl' | 'dies'> & { readonly id: string };

function runner({ id, ...brief }: RowBrief): Child<RunnerReport> {
	const sagas = [{ id, input: {} }];
	const its: RunnerBrief = { ...brief, definition, sagas, width: 1, leaseMs: LEASE_MS };
	return new Child<RunnerReport>(join(__dirname, 'runnerProcess.js'), its);
}

/** The services of one saga, in this process: they live on when the runner dies. */
class Orders implements AsyncDisposable {
	readonly effects: string[] = [];

	private constructor(
		private readonly journey: Journey,
		private service: HttpService | null = null,
	) {}

	static async open(journey: Journey): Promise<Orders> {
		const orders = new Orders(journey);
		orders.service = await HttpService.start((request) => orders.handle(request));
		return orders;
	}

	get url(): string {
		return this.service?.url ?? '';
	}

	get repeated(): number {
		return this.service?.repeated ?? 0;
	}

	get changed(): number {
		return this.service?.changed ?? 0;
	}

	private handle({ place }: Request): Reply {
		if (place === LAST && this.journey === 'declined') return { status: 402, body: { reason: 'declined' } };
		const undone = /^undo (.*)$/.exec(place)?.[1];
		// An attempt of which nobody knows the end is undone too: there may be nothing to undo.
		const hasEffect = undone === undefined || this.effects.includes(undone);
		if (hasEffect) this.effects.push(place);
		return { status: 200, body: { place, hasEffect } };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.service?.[Symbol.asyncDispose]();
	}
}
