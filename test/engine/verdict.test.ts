/**
 * What becomes of an event for every way its run can end, seen from outside: runs, attempts and dead letters.
 */
import type { INode, INodeParameters, IWorkflowSettings } from 'n8n-workflow';
import { eventually } from './eventually';
import { items, type WorkflowJson } from './n8nEngine';
import { openBus, publish, trigger, type Bus } from './openBus';
import { node, workflow } from './workflowBuilder';

const LOCKED = { id: 'c1', name: 'Locked', type: 'httpHeaderAuth', data: { name: 'a', value: 'b' } } as const;

let bus: Bus;
const letters = workflow('Dead letters', [trigger('#', {}, { listenTo: 'deadLetters' }), node('End', 'noOp')]);

beforeEach(async () => {
	bus = await openBus({ credentials: [{ ...LOCKED, sharedWith: 'nobody' }] });
});
afterEach(async () => {
	await bus.close();
});

interface DeadLetter {
	readonly event_id: string;
	readonly dead_letter: { readonly reason: string; readonly error: string; readonly attempts: number };
}

const deadLetters = (): readonly DeadLetter[] =>
	bus
		.runs(letters)
		.flatMap(({ run }) => (run ? (items(run, 'On Event') ?? []) : []))
		.map((letter) => letter as unknown as DeadLetter);

/** Two attempts with next to no delay between them. */
const QUICK = { maxAttempts: 2, backoff: { delays: { initialSeconds: 0.05, jitterPercent: 0 } } };

const wait = (amount: number) => node('Wait', 'wait', { amount, unit: 'seconds' }, { typeVersion: 1.1 });
const fail = node('Fail', 'stopAndError', { errorMessage: 'no stock' });

function service(middle: INode, options: INodeParameters = {}, settings: IWorkflowSettings = {}): WorkflowJson {
	return workflow('Service', [trigger('begin', { ...QUICK, ...options }), middle, node('End', 'noOp')], { settings });
}

async function start(json: WorkflowJson): Promise<void> {
	await bus.engine.activate(json);
	await bus.engine.activate(letters);
	await bus.publish('begin');
}

const attempts = (json: WorkflowJson) =>
	bus
		.runs(json)
		.map(({ run }) =>
			run ? (items(run, 'On Event')?.[0] as { delivery: { attempt: number } }).delivery.attempt : null,
		);

it('takes an event whose run succeeds from the queue', async () => {
	const json = service(node('Work', 'noOp'));
	await start(json);
	await eventually('the run ends', () => bus.runs(json)[0]?.status === 'success');
	await expectNothingMore(json, 1);
	expect(deadLetters()).toEqual([]);
});

it('tries an event whose run fails again, then makes it a dead letter that says why', async () => {
	const json = service(fail);
	await start(json);
	await eventually('the dead letter', () => deadLetters().length === 1);
	expect(attempts(json)).toEqual([1, 2]);
	expect(deadLetters()).toMatchObject([{ dead_letter: { reason: 'max_attempts', attempts: 2 } }]);
	expect(deadLetters()[0]?.dead_letter.error).toContain('no stock');
});

it('tries an event whose run was stopped again', async () => {
	const json = service(wait(2));
	await start(json);
	await eventually('the run starts', () => bus.runs(json).length === 1);
	expect(bus.engine.cancel(bus.runs(json)[0]?.id ?? '')).toBe(true);
	await eventually('the second run succeeds', () => bus.runs(json)[1]?.status === 'success');
	expect(attempts(json)).toEqual([null, 2]);
});

it('counts a run over its time limit as failed', async () => {
	const json = service(wait(10), {}, { executionTimeout: 1 });
	await start(json);
	await eventually('the dead letter', () => deadLetters().length === 1);
	expect(bus.runs(json).map(({ status }) => status)).toEqual(['canceled', 'canceled']);
	expect(deadLetters()).toMatchObject([{ dead_letter: { reason: 'max_attempts', attempts: 2 } }]);
});

it('counts a run that n8n did not start as failed', async () => {
	const blocked = {
		...node('Get', 'httpRequest', {}, { typeVersion: 4.2 }),
		credentials: { httpHeaderAuth: { id: 'c1', name: 'Locked' } },
	};
	const json = service(blocked);
	await start(json);
	await eventually('the dead letter', () => deadLetters().length === 1);
	expect(deadLetters()).toMatchObject([{ dead_letter: { reason: 'max_attempts', attempts: 2 } }]);
	expect(deadLetters()[0]?.dead_letter.error).toContain('credentials');
});

it('hands an event over to a run that waits', async () => {
	const json = service(wait(3600));
	await start(json);
	await eventually('the run waits', () => bus.runs(json)[0]?.status === 'waiting');
	await expectNothingMore(json, 1);
	expect(deadLetters()).toEqual([]);
});

it('makes an event whose run waits a dead letter when the trigger says so', async () => {
	await start(service(wait(3600), { whenRunWaits: 'deadLetter' }));
	await eventually('the dead letter', () => deadLetters().length === 1);
	expect(deadLetters()).toMatchObject([{ dead_letter: { reason: 'waiting' } }]);
});

it('refuses to start where engine 2.0 would not tell how a run ended', async () => {
	const json = service(node('Work', 'noOp'), {}, { engineType: 'v2' });
	await expect(bus.engine.activate(json)).rejects.toThrow('engine 2.0 does not tell a trigger how a run ended');
});

const verdict = (operation: string, parameters: INodeParameters = {}) =>
	node('Verdict', 'n8n-nodes-event-bus.eventBus', { resource: 'delivery', operation, ...parameters });

it('tries an event again when the workflow says Retry Later, though its run is green', async () => {
	const json = service(verdict('retryLater', { retryDelay: 0.05, reason: 'closed' }));
	await start(json);
	await eventually('the dead letter', () => deadLetters().length === 1);
	expect(bus.runs(json).map(({ status }) => status)).toEqual(['success', 'success']);
	expect(deadLetters()[0]?.dead_letter.error).toContain('closed');
});

it('gives an event up at once when the workflow says Send to Dead Letter', async () => {
	const json = service(verdict('sendToDeadLetter', { reason: 'not ours' }));
	await start(json);
	await eventually('the dead letter', () => deadLetters().length === 1);
	expect(bus.runs(json).map(({ status }) => status)).toEqual(['success']);
	expect(deadLetters()).toMatchObject([{ dead_letter: { reason: 'rejected', attempts: 1 } }]);
	expect(deadLetters()[0]?.dead_letter.error).toContain('not ours');
});

const ORDER = '{ "type": "object", "required": ["order_id"] }';

it('runs no event whose payload does not fit the schema, and makes it a dead letter', async () => {
	const json = service(node('Work', 'noOp'), { payloadSchema: ORDER });
	await start(json);
	await bus.publish('begin', { order_id: 'ord_1' });
	await eventually('the dead letter', () => deadLetters().length === 1);
	await eventually('the run ends', () => bus.runs(json)[0]?.status === 'success');
	await expectNothingMore(json, 1);
	expect(deadLetters()).toMatchObject([{ dead_letter: { reason: 'invalid_payload', attempts: 0 } }]);
	expect(deadLetters()[0]?.dead_letter.error).toContain('order_id');
});

it('publishes no payload that does not fit the schema, and the other items of the run all the same', async () => {
	const two = 'return [{ json: { order_id: "ord_1" } }, { json: { order: "ord_2" } }];';
	const ask = { ...publish('asked', { options: { payloadSchema: ORDER } }), onError: 'continueRegularOutput' as const };
	const nodes = [node('Start', 'manualTrigger'), node('Two', 'code', { jsCode: two }, { typeVersion: 2 })];
	const run = await bus.engine.runManual(workflow('Publisher', [...nodes, ask]));
	expect(items(run, 'Publish asked')).toMatchObject([
		{ event_type: 'asked', payload: { order_id: 'ord_1' } },
		{ error: expect.stringContaining('does not fit its schema') },
	]);
	await bus.event('asked');
	expect(bus.events().map(({ payload }) => payload)).toEqual([{ order_id: 'ord_1' }]);
});

it('shares events between two triggers of one group, and gives all to a group of its own', async () => {
	const worker = (name: string, group: string) =>
		workflow(name, [trigger('begin', { maxInFlight: 1 }, { group }), wait(0.05), node('End', 'noOp')]);
	const [first, second, other] = [worker('First', 'billing'), worker('Second', 'billing'), worker('Other', '')];
	for (const json of [first, second, other]) await bus.engine.activate(json);
	await bus.engine.runManual(
		workflow('Many', [
			node('Start', 'manualTrigger'),
			node(
				'Ten',
				'code',
				{ jsCode: 'return [...Array(10).keys()].map((n) => ({ json: { n } }));' },
				{ typeVersion: 2 },
			),
			publish('begin'),
		]),
	);
	const seen = (json: WorkflowJson) =>
		bus.runs(json).flatMap(({ run }) => (run ? (items(run, 'On Event') ?? []) : [])) as unknown as {
			payload: { n: number };
		}[];
	const numbers = (...of: WorkflowJson[]) =>
		of
			.flatMap(seen)
			.map(({ payload }) => payload.n)
			.sort((a, b) => a - b);
	await eventually('all are processed', () => numbers(first, second).length >= 10 && numbers(other).length >= 10);
	expect(await bus.engine.drain(5_000)).toBe(0);
	expect(numbers(first, second)).toEqual([...Array(10).keys()]);
	expect(numbers(other)).toEqual([...Array(10).keys()]);
	expect(seen(first).length).toBeGreaterThan(0);
	expect(seen(second).length).toBeGreaterThan(0);
});

/** Long enough for the next attempt of `QUICK`, had there been one. */
async function expectNothingMore(json: WorkflowJson, runs: number): Promise<void> {
	await new Promise((elapsed) => setTimeout(elapsed, 500));
	expect(bus.runs(json)).toHaveLength(runs);
}
