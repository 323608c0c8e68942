/**
 * Proves the engine itself, with n8n's own nodes and one tiny trigger, so that a red test elsewhere is about our nodes.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IRun, IWorkflowSettings } from 'n8n-workflow';
import { eventually } from './eventually';
import { Engine, items, type EngineOptions, type WorkflowJson } from './n8nEngine';
import { installProbePackage, PROBE_TRIGGER, type ProbePackage } from './probe/probePackage';
import { node, workflow } from './workflowBuilder';

let probePackage: ProbePackage;
let engine: Engine;

const openEngine = (options: EngineOptions = {}) => Engine.create({ packages: [probePackage.folder], ...options });

beforeAll(async () => {
	probePackage = await installProbePackage();
});
beforeEach(async () => {
	engine = await openEngine();
});
afterEach(async () => {
	await engine.close();
});
afterAll(async () => {
	await probePackage.remove();
});

const start = () => node('Start', 'manualTrigger');
const trigger = (name = 'probe') => node('Probe', PROBE_TRIGGER, { name });
const code = (name: string, jsCode: string, mode = 'runOnceForAllItems') =>
	node(name, 'code', { jsCode, mode }, { typeVersion: 2 });
const set = (name: string, fields: Record<string, string | number>) =>
	node(
		name,
		'set',
		{
			includeOtherFields: true,
			assignments: {
				assignments: Object.entries(fields).map(([field, value]) => ({
					id: field,
					name: field,
					value,
					type: typeof value,
				})),
			},
		},
		{ typeVersion: 3.4 },
	);

async function emitOnce(json: WorkflowJson): Promise<IRun | undefined> {
	await engine.activate(json);
	return await probePackage.probe('probe').emit({ order: 1 });
}

async function outcomeOf(promise: Promise<IRun | undefined>): Promise<string> {
	try {
		const run = await promise;
		return run === undefined ? 'resolved undefined' : `resolved ${run.status}`;
	} catch (error) {
		return `rejected ${(error as Error).constructor.name}`;
	}
}

describe('nodes', () => {
	it('evaluates expressions in Set and keeps other fields', async () => {
		const run = await engine.runManual(
			workflow('Set', [start(), set('A', { n: 20 }), set('B', { double: '={{ $json.n * 2 }}' })]),
		);
		expect(items(run, 'B')).toEqual([{ n: 20, double: '40' }]);
	});

	it('runs Code for all items and for each item, with earlier nodes in reach', async () => {
		const run = await engine.runManual(
			workflow('Code', [
				start(),
				code('Many', 'return [1, 2, 3].map((n) => ({ json: { n } }));'),
				code('Each', "return { square: $json.n ** 2, from: $('Many').item.json.n };", 'runOnceForEachItem'),
			]),
		);
		expect(items(run, 'Each')).toEqual([
			{ square: 1, from: 1 },
			{ square: 4, from: 2 },
			{ square: 9, from: 3 },
		]);
	});

	it('reports the message of an error thrown in Code', async () => {
		const run = await engine.runManual(
			workflow('Broken code', [start(), code('Code', "throw new Error('no stock');")]),
		);
		expect(run.status).toBe('error');
		expect(run.data.resultData.error?.message).toContain('no stock');
	});

	it('branches with If and joins with Merge', async () => {
		const isEven = {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				combinator: 'and',
				conditions: [
					{
						id: 'even',
						leftValue: '={{ $json.n % 2 === 0 }}',
						rightValue: '',
						operator: { type: 'boolean', operation: 'true', singleValue: true },
					},
				],
			},
		};
		const run = await engine.runManual(
			workflow(
				'Branches',
				[
					start(),
					code('Numbers', 'return [1, 2, 3, 4].map((n) => ({ json: { n } }));'),
					node('Even', 'if', isEven, { typeVersion: 2.2 }),
					set('Yes', { kind: 'even' }),
					set('No', { kind: 'odd' }),
					node('Merge', 'merge', { mode: 'append' }, { typeVersion: 3 }),
				],
				{ arrows: ['Start > Numbers', 'Numbers > Even', 'Even > Yes', 'Even:1 > No', 'Yes > Merge', 'No > Merge:1'] },
			),
		);
		expect(items(run, 'Merge')).toEqual([
			{ n: 2, kind: 'even' },
			{ n: 4, kind: 'even' },
			{ n: 1, kind: 'odd' },
			{ n: 3, kind: 'odd' },
		]);
	});

	it('takes every turn of Loop Over Items', async () => {
		const run = await engine.runManual(
			workflow(
				'Loop',
				[
					start(),
					code('Numbers', 'return [1, 2, 3].map((n) => ({ json: { n } }));'),
					node('Loop', 'splitInBatches', {}, { typeVersion: 3 }),
					set('Body', { seen: '={{ $json.n }}' }),
					node('Done', 'noOp'),
				],
				{ arrows: ['Start > Numbers', 'Numbers > Loop', 'Loop > Done', 'Loop:1 > Body', 'Body > Loop'] },
			),
		);
		expect(run.data.resultData.runData.Body).toHaveLength(3);
		expect(items(run, 'Done')).toHaveLength(3);
	});

	it('calls a real HTTP server', async () => {
		const server = createServer((request, response) => {
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({ path: request.url }));
		});
		await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
		const { port } = server.address() as AddressInfo;
		try {
			const run = await engine.runManual(
				workflow('HTTP', [
					start(),
					node('Get', 'httpRequest', { url: `http://127.0.0.1:${port}/stock` }, { typeVersion: 4.2 }),
				]),
			);
			expect(items(run, 'Get')).toEqual([{ path: '/stock' }]);
		} finally {
			server.closeAllConnections();
			await new Promise((closed) => server.close(closed));
		}
	});

	it('runs a sub-workflow and returns its items', async () => {
		const callee = workflow('Callee', [
			node('Called', 'executeWorkflowTrigger', { inputSource: 'passthrough' }, { typeVersion: 1.1 }),
			set('Answer', { answer: '={{ $json.n + 1 }}' }),
		]);
		await engine.close();
		engine = await openEngine({ workflows: [callee] });
		const run = await engine.runManual(
			workflow('Caller', [
				start(),
				set('N', { n: 41 }),
				node(
					'Call',
					'executeWorkflow',
					{ source: 'database', workflowId: { __rl: true, mode: 'id', value: callee.id }, options: {} },
					{ typeVersion: 1.2 },
				),
			]),
		);
		expect(items(run, 'Call')).toEqual([{ n: 41, answer: '42' }]);
		expect(engine.executions.map(({ mode }) => mode)).toEqual(['manual', 'integrated']);
	});

	it('keeps what a node writes to the execution data', async () => {
		const run = await engine.runManual(
			workflow('Custom data', [
				start(),
				node('Note', 'executionData', { dataToSave: { values: [{ key: 'verdict', value: 'retry' }] } }),
			]),
		);
		expect(run.data.resultData.metadata).toEqual({ verdict: 'retry' });
	});
});

describe('triggers', () => {
	it('runs once for each emit, in trigger mode, and tells the trigger how the run ended', async () => {
		await engine.activate(workflow('Emits', [trigger(), set('A', { seen: '={{ $json.order }}' })]));
		const probe = probePackage.probe('probe');
		const runs = await Promise.all([probe.emit({ order: 1 }), probe.emit({ order: 2 })]);
		expect(runs.map((run) => run && items(run, 'A'))).toEqual([[{ order: 1, seen: '1' }], [{ order: 2, seen: '2' }]]);
		expect(engine.executions).toMatchObject([
			{ status: 'success', mode: 'trigger' },
			{ status: 'success', mode: 'trigger' },
		]);
	});

	it('takes the first emit of a test run and closes the trigger', async () => {
		const run = await engine.runManual(workflow('By hand', [trigger(), node('End', 'noOp')]), 'Probe');
		expect(items(run, 'End')).toEqual([{ by: 'hand' }]);
		expect(probePackage.probe('probe')).toMatchObject({ mode: 'manual', closed: true });
	});

	const stop = node('Stop', 'stopAndError', { errorMessage: 'no' });
	const wait = (amount: number) => node('Wait', 'wait', { amount, unit: 'seconds' }, { typeVersion: 1.1 });
	it.each<[string, string, WorkflowJson['nodes'][number], IWorkflowSettings]>([
		['a run that succeeds', 'resolved success', node('Middle', 'noOp'), {}],
		['a run that fails', 'resolved error', stop, {}],
		['a failing node that continues', 'resolved success', { ...stop, onError: 'continueRegularOutput' }, {}],
		['a run over its time limit', 'rejected TimeoutExecutionCancelledError', wait(5), { executionTimeout: 1 }],
		['a run that waits for long', 'resolved waiting', wait(3600), {}],
		['Engine 2.0', 'rejected UserError', node('Middle', 'noOp'), { engineType: 'v2' }],
	])('gives %s as %s', async (_case, outcome, middle, settings) => {
		const json = workflow('Endings', [trigger(), middle, node('End', 'noOp')], { settings });
		expect(await outcomeOf(emitOnce(json))).toBe(outcome);
	});

	it('rejects with a cancellation when the run is stopped', async () => {
		await engine.activate(workflow('Stopped', [trigger(), wait(5)]));
		const ending = outcomeOf(probePackage.probe('probe').emit({}));
		await eventually('the run starts', () => engine.executions.length === 1);
		expect(engine.cancel('1')).toBe(true);
		expect(await ending).toBe('rejected ManualExecutionCancelledError');
		expect(engine.cancel('1')).toBe(false);
	});

	it('resolves undefined when a credential of the workflow is out of reach', async () => {
		await engine.close();
		const secret = { id: 'c1', name: 'Secret', type: 'httpHeaderAuth', data: { name: 'a', value: 'b' } };
		engine = await openEngine({ credentials: [{ ...secret, sharedWith: 'nobody' }] });
		const blocked = { ...trigger(), credentials: { httpHeaderAuth: { id: 'c1', name: 'Secret' } } };
		expect(await outcomeOf(emitOnce(workflow('Blocked', [blocked, node('End', 'noOp')])))).toBe('resolved undefined');
	});

	it('closes a trigger that reports an error, and starts it again', async () => {
		await engine.activate(workflow('Recovers', [trigger(), node('End', 'noOp')]));
		const first = probePackage.probe('probe');
		first.emitError('link lost');
		await eventually('the trigger starts again', () => probePackage.probe('probe') !== first);
		expect(first.closed).toBe(true);
		expect(engine.triggerFailures).toMatchObject([{ node: 'Probe', error: { message: 'link lost' } }]);
		expect(await outcomeOf(probePackage.probe('probe').emit({}))).toBe('resolved success');
	});

	it('closes the trigger on deactivation, while a run in flight goes on to its verdict', async () => {
		const json = workflow('Deactivated', [trigger(), wait(1)]);
		await engine.activate(json);
		const probe = probePackage.probe('probe');
		const ending = outcomeOf(probe.emit({}));
		await eventually('the run starts', () => engine.executions.length === 1);
		expect(await engine.deactivate(json.id)).toBe(true);
		expect(probe.closed).toBe(true);
		expect(await ending).toBe('resolved success');
	});

	it('keeps static data between runs and restarts of the trigger', async () => {
		const counter =
			"const data = $getWorkflowStaticData('global'); data.n = (data.n ?? 0) + 1; return [{ json: { n: data.n } }];";
		const json = workflow('Counter', [trigger(), code('Count', counter)]);
		await engine.activate(json);
		await probePackage.probe('probe').emit({});
		await engine.activate(json);
		const run = await probePackage.probe('probe').emit({});
		expect(run && items(run, 'Count')).toEqual([{ n: 2 }]);
		expect(probePackage.probe('probe').starts).toBe(2);
	});
});

describe('webhooks', () => {
	const webhook = (parameters: Record<string, string>) =>
		node('Webhook', 'webhook', { path: 'orders', httpMethod: 'POST', ...parameters }, { typeVersion: 2 });

	it('answers at once by default', async () => {
		await engine.activate(workflow('Hook', [webhook({}), node('End', 'noOp')]));
		expect(await engine.callWebhook('orders', { body: { a: 1 } })).toMatchObject({ status: 200 });
		expect(await engine.drain(5_000)).toBe(0);
	});

	it('answers with what the last node put out', async () => {
		await engine.activate(
			workflow('Hook', [webhook({ responseMode: 'lastNode' }), set('End', { got: '={{ $json.body.a }}' })]),
		);
		const { body } = await engine.callWebhook('/orders', { body: { a: 1 } });
		expect(body).toMatchObject({ got: '1', body: { a: 1 }, executionMode: 'production' });
	});

	it('answers with what Respond to Webhook sends', async () => {
		const respond = node(
			'Respond',
			'respondToWebhook',
			{ respondWith: 'json', responseBody: '={{ { id: $json.body.id } }}', options: { responseCode: 202 } },
			{ typeVersion: 1.1 },
		);
		await engine.activate(workflow('Hook', [webhook({ responseMode: 'responseNode' }), respond]));
		expect(await engine.callWebhook('orders', { body: { id: 'ord_1' } })).toMatchObject({
			status: 202,
			body: { id: 'ord_1' },
		});
	});

	it('says so when no active workflow has that webhook', async () => {
		await expect(engine.callWebhook('orders')).rejects.toThrow('No active workflow has a Webhook node for POST orders');
	});
});

describe('credentials', () => {
	it('reach a node decrypted', async () => {
		const seen: unknown[] = [];
		const server = createServer((request, response) => {
			seen.push(request.headers['x-key']);
			response.end('{}');
		});
		await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
		const { port } = server.address() as AddressInfo;
		await engine.close();
		engine = await openEngine({
			credentials: [{ id: 'c1', name: 'Key', type: 'httpHeaderAuth', data: { name: 'x-key', value: 'secret' } }],
		});
		try {
			await engine.runManual(
				workflow('Key', [
					start(),
					node(
						'Get',
						'httpRequest',
						{
							url: `http://127.0.0.1:${port}/`,
							authentication: 'genericCredentialType',
							genericAuthType: 'httpHeaderAuth',
						},
						{ typeVersion: 4.2, credentials: { httpHeaderAuth: { id: 'c1', name: 'Key' } } },
					),
				]),
			);
			expect(seen).toEqual(['secret']);
		} finally {
			server.closeAllConnections();
			await new Promise((closed) => server.close(closed));
		}
	});
});

describe('the engine itself', () => {
	it('refuses a second one in the same process', async () => {
		await expect(openEngine()).rejects.toThrow('Another engine is open');
	});

	it('fails a run whose workflow names an unknown node package', async () => {
		await expect(engine.runManual(workflow('Unknown', [start(), node('X', 'n8n-nodes-none.x')]))).rejects.toThrow(
			'n8n-nodes-none.x',
		);
	});
});
