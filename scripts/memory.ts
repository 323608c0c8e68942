/**
 * `npm run memory`: what a backlog costs in a real n8n. A trigger that fetches more than it can hand out shows here, and
 * nowhere else.
 *
 * The same trigger is watched twice with as many runs under way, because a run costs more than an event: once with nothing
 * waiting, once with everything. Before that it runs once unwatched: what n8n takes at its start it partly gives back.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { manifests } from '../src/broker/registry';
import { openEventBus } from '../src/eventBus';
import { isEventBusError, messageOf } from '../src/kernel/errors';
import { executionsOf } from '../test/e2e/executions';
import { listening, scene } from '../test/e2e/scenes';
import { TemporaryN8n } from '../test/e2e/temporaryN8n';
import { node } from '../test/engine/workflowBuilder';
import { brokerForStart, brokerList, type BrokerForStart } from './brokerForStart';
import { packTarball } from './packTarball';
import { whenAskedToEnd } from './toolchain/endOfProcess';
import { consoleLog as log, SetupError, step } from './toolchain/log';
import { ensureN8n } from './toolchain/n8n';

const DEFAULT_BROKER = 'redis-streams';
const DEFAULT_EVENTS = 200_000;
/** More growth than this is a failure. */
const LIMIT_MB = 100;
/** How long the trigger is looked at. */
const WATCH_MS = 30_000;
const SAMPLE_MS = 500;
/** For the process to free what its start has left behind: up to half a gigabyte. */
const SETTLE_MS = 3000;
const NODE_OPTIONS = `--expose-gc --require=${join(__dirname, 'collectGarbage.js')}`;
/** Longer than the trigger is looked at, and below the 65 s from which on n8n parks a run and frees its place. */
const RUN_S = 45;
/** The trigger's own default. */
const MAX_IN_FLIGHT = 10;
const BATCH = 1000;
const PATIENCE_MS = 120_000;
const TYPE = 'memory.filled';

const USAGE = `Usage: npm run memory [-- options]

Switches a trigger on in a real n8n, once with nothing to do beyond its ${MAX_IN_FLIGHT} runs and once with a backlog, and tells how much
more memory n8n takes then. Code 1 above ${LIMIT_MB} MB.

  --broker <name>  default ${DEFAULT_BROKER}:
${brokerList()
	.map((line) => `                     ${line}`)
	.join('\n')}
  --events <n>     how many wait; default ${DEFAULT_EVENTS}
  --help           this text`;

interface Flags {
	readonly kind: string;
	readonly events: number;
	readonly help: boolean;
}

/** @throws Error with what is wrong */
function readFlags(args: readonly string[]): Flags {
	const options = {
		broker: { type: 'string', default: DEFAULT_BROKER },
		events: { type: 'string', default: String(DEFAULT_EVENTS) },
		help: { type: 'boolean', default: false },
	} as const;
	const { values } = parseArgs({ args: [...args], options });
	const manifest = manifests.find(({ kind }) => kind === values.broker);
	if (!manifest) throw new Error(`There is no broker "${values.broker}".`);
	if (manifest.capabilities.delivery === 'at-most-once') throw new Error(`With ${manifest.label} no event ever waits.`);
	const events = Number(values.events);
	if (!Number.isInteger(events) || events < 1) throw new Error('--events must be a whole number above 0.');
	return { kind: manifest.kind, events, help: values.help };
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
	let flags: Flags;
	try {
		flags = readFlags(args);
	} catch (error) {
		console.log(`${messageOf(error)}\n\n${USAGE}`);
		return 2;
	}
	if (flags.help) {
		console.log(USAGE);
		return 0;
	}
	await ensureN8n(log);
	await packTarball(log);
	const asked = new Promise<never>((_resolve, reject) => {
		whenAskedToEnd(() => reject(new SetupError('Stopped.')));
	});
	asked.catch(() => undefined);
	return await measure(flags, asked);
}

async function measure({ kind, events }: Flags, asked: Promise<never>): Promise<number> {
	await using n8n = await step(log, 'Installing the package as n8n does', async () => await TemporaryN8n.prepare());
	await using broker = await brokerForStart({ kind, userFolder: n8n.folder }, log);
	await step(log, 'Starting n8n', async () => await n8n.start({ EVENT_BUS_URL: broker.url, NODE_OPTIONS }));
	const work = async () => {
		await step(log, 'Letting n8n load what the runs need', async () => {
			await n8n.publish(WORKFLOW);
			await fill(broker, MAX_IN_FLIGHT);
			await until(n8n, (running) => running >= MAX_IN_FLIGHT);
			await switchOff(n8n);
		});
		const before = await step(log, 'Watching the trigger with nothing waiting', async () => {
			await n8n.reactivate(WORKFLOW.id);
			await fill(broker, MAX_IN_FLIGHT);
			return await watch(n8n);
		});
		await step(log, `Publishing ${events.toLocaleString('en')} events`, async () => {
			await switchOff(n8n);
			await fill(broker, events);
		});
		const after = await step(log, 'Watching it with them waiting', async () => {
			await n8n.reactivate(WORKFLOW.id);
			return await watch(n8n);
		});
		return report(before, after, events);
	};
	try {
		return await Promise.race([asked, work()]);
	} finally {
		// Before its broker, and without waiting for runs that only take time.
		await n8n.kill();
	}
}

const WORKFLOW = scene('memory', [
	listening(TYPE),
	node('Wait', 'wait', { resume: 'timeInterval', amount: RUN_S, unit: 'seconds' }, { typeVersion: 1.1 }),
]);

async function fill({ url }: BrokerForStart, events: number): Promise<void> {
	await using bus = openEventBus(url, { source: 'npm run memory' });
	const note = 'x'.repeat(200);
	for (let first = 0; first < events; first += BATCH) {
		const length = Math.min(BATCH, events - first);
		const drafts = Array.from({ length }, (_, index) => ({ type: TYPE, payload: { number: first + index, note } }));
		await bus.publish(drafts, { timeoutMs: PATIENCE_MS });
	}
}

/** Resolves when its runs have ended too. */
async function switchOff(n8n: TemporaryN8n): Promise<void> {
	await n8n.client.deactivate(WORKFLOW.id);
	await until(n8n, (running) => running === 0);
}

/** Megabytes. */
interface Taken {
	readonly median: number;
	readonly peak: number;
}

/** Begins when all places of the trigger are taken. */
async function watch(n8n: TemporaryN8n): Promise<Taken> {
	await until(n8n, (running) => running >= MAX_IN_FLIGHT);
	process.kill(n8n.pid, 'SIGUSR2');
	await sleep(SETTLE_MS);
	const samples: number[] = [];
	const end = Date.now() + WATCH_MS;
	while (Date.now() < end) {
		samples.push(await residentMegabytes(n8n.pid));
		await sleep(SAMPLE_MS);
	}
	samples.sort((a, b) => a - b);
	return { median: samples[Math.floor(samples.length / 2)] ?? 0, peak: samples.at(-1) ?? 0 };
}

/** @throws SetupError when it does not come to that: then nothing was measured */
async function until(n8n: TemporaryN8n, isSo: (running: number) => boolean): Promise<void> {
	const runningNow = async () => {
		const runs = await executionsOf(n8n, WORKFLOW.id);
		return runs.filter(({ status }) => status === 'running' || status === 'new').length;
	};
	const end = Date.now() + PATIENCE_MS;
	while (!isSo(await runningNow())) {
		if (Date.now() > end) throw new SetupError(`${await runningNow()} runs of the trigger.\n${await n8n.lastLines()}`);
		await sleep(SAMPLE_MS);
	}
}

/** @returns the exit code */
function report(before: Taken, after: Taken, events: number): number {
	const growth = after.peak - before.median;
	const line = (what: string, { median, peak }: Taken) => log(`  ${what.padEnd(24)}${median} MB, peak ${peak} MB`);
	log('');
	line('nothing waiting', before);
	line(`${events.toLocaleString('en')} waiting`, after);
	log(`  ${'peak over the usual'.padEnd(24)}${growth} MB: ${growth <= LIMIT_MB ? 'fine' : `more than ${LIMIT_MB} MB`}`);
	return growth <= LIMIT_MB ? 0 : 1;
}

/** What the operating system says the process has in memory, without its children. */
async function residentMegabytes(pid: number): Promise<number> {
	const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
	return Math.round(Number(stdout.trim()) / 1024);
}

void main(process.argv.slice(2)).then(
	(exitCode) => process.exit(exitCode),
	(error: unknown) => {
		console.error(error instanceof SetupError ? error.message : error);
		if (isEventBusError(error) && error.hint) console.error(`→ ${error.hint}`);
		process.exit(1);
	},
);
