/**
 * The broker goes away for 20 seconds in the middle of a flood, under a real n8n that goes on.
 *
 * Publishing waits for it, triggers reconnect by themselves, and every event that was confirmed has exactly one completed
 * run in every workflow that wants it. N8N_EXPRESSION_ENGINE=legacy only makes the runs quicker.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverRecipes } from '../../scripts/servers';
import { manifestOf } from '../../src/broker/registry';
import { openEventBus } from '../../src/eventBus';
import { MemoryInbox } from '../conformance/memory/memoryInbox';
import { until } from '../conformance/waiting';
import { service } from '../e2e/scenes';
import { TemporaryN8n } from '../e2e/temporaryN8n';
import { runRecords } from './runRecords';
import { judge, keyOf } from './verdict';

const AWAY_MS = 20_000;
const ORDERS = Number(process.env.CHAOS_ORDERS ?? 300);
/** The flood lasts longer than the absence. */
const EVERY_MS = 100;
const PATIENCE_MS = 120_000;

const CREATED = 'order.created';
const CHECKED = 'order.checked';
const DONE = 'order.done';
const HEARS: ReadonlyMap<string, string> = new Map([
	['checksorders0000', CREATED],
	['endsorders000000', CHECKED],
]);

const survivors = serverRecipes.filter(({ kind }) => manifestOf(kind).capabilities.delivery === 'at-least-once');

jest.setTimeout(PATIENCE_MS + 240_000);

it.each(survivors.map(({ kind, title }) => [title, kind] as const))(
	'%s away for 20 s in mid-flood: nothing is lost, nothing runs twice, and nobody touches a workflow',
	async (_title, kind) => {
		const recipe = survivors.find((one) => one.kind === kind);
		if (!recipe) throw new Error(`There is no server for ${kind}`);
		await recipe.ensure(() => undefined);
		await using server = await recipe.start();
		const env = { N8N_EXPRESSION_ENGINE: 'legacy', EVENT_BUS_URL: server.url() };
		await using n8n = await TemporaryN8n.start(env);
		const [check, end] = [...HEARS.keys()] as [string, string];
		await n8n.publish(service(check, CREATED, CHECKED));
		await n8n.publish(service(end, CHECKED, DONE));
		const before = await stateOf(n8n);

		await using bus = openEventBus(server.url(), { source: 'order-api', inbox: new MemoryInbox(() => Date.now()) });
		const heard = new Map<string, Set<string>>([CREATED, CHECKED, DONE].map((type) => [type, new Set()]));
		await bus.consume({ types: ['#'], group: 'witness', maxInFlight: 100 }, async (event) => {
			heard.get(event.event_type)?.add(`${event.source} ${event.event_id}`);
		});
		const confirmed: string[] = [];
		const publishOne = async (number: number) => {
			const [event] = await bus.publish([{ type: CREATED, payload: { number } }], { timeoutMs: PATIENCE_MS });
			if (event) confirmed.push(`${event.source} ${event.event_id}`);
		};
		const flood: Promise<void>[] = [];
		const outage = sleep((ORDERS * EVERY_MS) / 4).then(async () => {
			await server.kill();
			await sleep(AWAY_MS);
			await server.startAgain();
		});
		for (let number = 0; number < ORDERS; number += 1) {
			flood.push(publishOne(number));
			await sleep(EVERY_MS);
		}
		await Promise.all([outage, ...flood]);
		const heardAll = () => [...heard.values()].every((ids) => ids.size >= ORDERS);
		await until(`all ${ORDERS} orders are done`, heardAll, PATIENCE_MS).catch(async (error: unknown) => {
			const counts = [...heard].map(([type, ids]) => `${type} ${ids.size}`).join(', ');
			throw new Error(`${counts}\n${await n8n.lastLines()}`, { cause: error });
		});
		// What ran twice would do so now.
		await sleep(5000);
		expect(await stateOf(n8n)).toEqual(before);
		await n8n.stop();

		expect(confirmed).toHaveLength(ORDERS);
		expect([...(heard.get(CREATED) ?? [])].toSorted()).toEqual(confirmed.toSorted());
		const due = new Set(
			[...HEARS].flatMap(([workflowId, type]) =>
				[...(heard.get(type) ?? [])].map((event) => keyOf({ workflowId, event })),
			),
		);
		const { lost, doubled } = judge(runRecords(n8n, [...HEARS.keys()]), due, [], 0);
		expect(lost).toEqual([]);
		expect(doubled).toEqual([]);
	},
);

/** What changes when somebody, or n8n itself, switches a workflow off and on. */
async function stateOf(n8n: TemporaryN8n): Promise<unknown> {
	const workflows = await Promise.all([...HEARS.keys()].map(async (id) => await n8n.client.workflow(id)));
	const log = await readFile(n8n.logFile, 'utf8');
	return { workflows, activations: log.match(/activated|deactivated/gi)?.length ?? 0 };
}
