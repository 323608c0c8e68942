/**
 * kill -9 of a real n8n in the middle of a flood.
 *
 * N8N_EXPRESSION_ENGINE=legacy: three times the runs a second of n8n's default, so that the flood takes one minute and not
 * three. It changes nothing of how runs start, end or are cut.
 */
import type { EventEnvelope } from '../../src/event/envelope';
import { until } from '../conformance/waiting';
import { OutsideService, type EventLog } from '../e2e/outsideService';
import { TemporaryN8n } from '../e2e/temporaryN8n';
import { chain, HEARS, LAST, orders, TYPES } from './chainOfWorkflows';
import { runRecords, type RunRecord } from './runRecords';
import { judge, keyOf, type Fate, type Verdict } from './verdict';

/** Each becomes four runs. */
const ORDERS = Number(process.env.CHAOS_ORDERS ?? 500);
const RUNS = ORDERS * HEARS.size;
/** One for each of these shares of all runs that have ended. */
const KILL_AT = [1 / 3, 2 / 3];
/** Between the end of a run in n8n's database and the bus being told: never more, even on a busy machine. */
const UNTOLD_MS = 1000;
/** Most runs at once: four triggers of ten. */
const MAX_IN_FLIGHT = 10 * HEARS.size;
/** A tenth of the slowest rate that was seen. */
const PATIENCE_MS = Math.max(120_000, RUNS * 100);
const WHOLE_CHAIN = [...TYPES].sort();
const ENGINE = { N8N_EXPRESSION_ENGINE: 'legacy' };

jest.setTimeout(PATIENCE_MS + 240_000);

it('loses no event and completes none twice when n8n is killed in mid-flood, and nobody has to touch a workflow', async () => {
	await using n8n = await TemporaryN8n.start(ENGINE);
	await using outside = await OutsideService.connect({ N8N_USER_FOLDER: n8n.folder });
	const heard = await outside.listen();
	for (const workflow of chain()) await n8n.publish(workflow);

	const startedAt = Date.now();
	await outside.publish(orders(ORDERS));
	const kills: Kill[] = [];
	for (const share of KILL_AT) {
		await until(`a share of ${share} has run`, () => published(heard) >= RUNS * share, PATIENCE_MS);
		await n8n.kill();
		kills.push({ at: Date.now(), published: published(heard) });
		// The same n8n again; no workflow is activated by hand.
		await n8n.start(ENGINE);
	}
	await until(`${ORDERS} complete chains`, () => distinct(heard.ofType(LAST)).length >= ORDERS, PATIENCE_MS);
	await until('every group has settled everything', async () => await isSettled(outside), 60_000);
	const tookMs = Date.now() - startedAt;
	const letters = await outside.deadLetters();
	await n8n.stop();

	const times = kills.map(({ at }) => at);
	const verdict = judge(runRecords(n8n, [...HEARS.keys()]), runsDue(heard), times, UNTOLD_MS);
	print(verdict, heard, kills, tookMs);
	expect(chainsOf(heard)).toEqual(new Map(orders(ORDERS).map(({ correlationId }) => [correlationId, WHOLE_CHAIN])));
	expect(letters).toEqual([]);
	expect(verdict.lost).toEqual([]);
	expect(verdict.doubled).toEqual([]);
	expect(verdict.untold.length + verdict.resumedByN8n.length).toBeLessThanOrEqual(MAX_IN_FLIGHT * kills.length);
	// Else the kills did not hit the flood, and nothing was shown.
	expect(verdict.cut.length).toBeGreaterThan(0);
});

interface Kill {
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** What the runs had published by then. */
	readonly published: number;
}

/** A run that is repeated publishes the same event again, under the same id: its readers see it once. */
function distinct(events: readonly EventEnvelope[]): readonly EventEnvelope[] {
	return [...new Map(events.map((event) => [`${event.source} ${event.event_id}`, event])).values()];
}

/** Events that follow from another: as many as runs have published. */
function published(heard: EventLog): number {
	return distinct(heard.events).filter(({ metadata }) => metadata.hops > 0).length;
}

async function isSettled(outside: OutsideService): Promise<boolean> {
	const groups = (await outside.groups()).filter(({ lifetime }) => lifetime === 'durable');
	return groups.length === HEARS.size && groups.every(({ backlog, inFlight }) => !backlog && !inFlight);
}

/** Correlation id → the types of its events, sorted; an event too many shows. */
function chainsOf(heard: EventLog): Map<string, string[]> {
	const chains = new Map<string, string[]>();
	for (const { event_type, metadata } of distinct(heard.events)) {
		const chain = chains.get(metadata.correlation_id) ?? [];
		chains.set(metadata.correlation_id, [...chain, event_type].sort());
	}
	return chains;
}

/** Every event must have a run in the workflow that hears its type. */
function runsDue(heard: EventLog): ReadonlySet<string> {
	const due = new Set<string>();
	for (const [workflowId, type] of HEARS) {
		for (const { source, event_id } of heard.ofType(type))
			due.add(keyOf({ workflowId, event: `${source} ${event_id}` }));
	}
	return due;
}

function print(verdict: Verdict, heard: EventLog, kills: readonly Kill[], tookMs: number): void {
	const { lost, doubled, untold, resumedByN8n, cut, failed } = verdict;
	const line = (label: string, value: string | number) => `  ${label.padEnd(54)}${value}`;
	const twice = (fates: readonly Fate[]) =>
		fates.map(({ event, completed }) => `    ${event}: executions ${idsOf(completed)}`);
	const events = distinct(heard.events).length;
	const text = [
		`\nn8n killed when ${kills.map((kill) => kill.published).join(' and ')} of ${RUNS} runs had published`,
		line('events, and copies that repeated runs published', `${events}, ${heard.events.length - events}`),
		line('time, with both restarts', `${Math.round(tookMs / 1000)} s`),
		line('events without a completed run', lost.length),
		line('events with two completed runs', doubled.length + untold.length + resumedByN8n.length),
		line('  … of which the first ended just before the kill', untold.length),
		...twice(untold),
		line('  … of which the first was resumed by n8n itself', resumedByN8n.length),
		...twice(resumedByN8n),
		line('  … without a reason', doubled.length),
		...twice(doubled),
		line('runs that failed by themselves', failed.length),
		line('runs cut by a kill', cut.length),
		`    executions ${idsOf(cut)}`,
	];
	process.stderr.write(`${text.join('\n')}\n`);
}

function idsOf(runs: readonly RunRecord[]): string {
	return runs.map(({ executionId }) => executionId).join(', ');
}
