/**
 * The Saga node in n8n's engine: steps of every kind, what they read, and how they are undone.
 */
import type { INodeParameters } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { eventually } from './eventually';
import { publish } from './openBus';
import {
	answering,
	httpStep,
	only,
	openSagas,
	openService,
	saga,
	sagaOperation,
	type Service,
	undoableStep,
} from './openSaga';
import { given, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

let service: Service;
let store: Store;

const RESERVE = workflow('Reserve', [
	node('Called', 'executeWorkflowTrigger', { inputSource: 'passthrough' }, { typeVersion: 1.1 }),
	node(
		'Set',
		'set',
		{ mode: 'raw', jsonOutput: '={"reservation_id": "res_{{ $json.order_id }}"}' },
		{ typeVersion: 3.4 },
	),
	publish('inventory.reserved', { payload: '={{ $json }}' }),
]);

const REFUSE = workflow('Refuse', [
	node('Called', 'executeWorkflowTrigger', { inputSource: 'passthrough' }, { typeVersion: 1.1 }),
	node('Stop', 'stopAndError', { errorMessage: 'out of stock' }),
]);

/** Unique, because the tests share a store. */
let sagaId = '';
let count = 0;

beforeAll(async () => {
	store = await openSagas({ workflows: [RESERVE, REFUSE] });
});
afterAll(async () => {
	await store.close();
});
beforeEach(async () => {
	service = await openService();
	count += 1;
	sagaId = `order-${count}`;
});
afterEach(async () => {
	await service[Symbol.asyncDispose]();
});

const ORDER = given([{ order_id: 'ord_1', total: 30 }]);
const named = () => ({ sagaId });
const called = () => service.calls.map(({ path }) => path);

/** The event of this type that belongs to the saga of the test, once it was received. */
async function eventOf(type: string): Promise<EventEnvelope | undefined> {
	const { correlation_id } = await only(store, sagaOperation('get', named()));
	const found = () =>
		store
			.events()
			.find(({ event_type, metadata }) => event_type === type && metadata.correlation_id === correlation_id);
	await eventually(`an event ${type}`, () => found() !== undefined);
	return found();
}

const quick = { options: { backoffSeconds: 0.01 } };

it('does its steps one after the other, each with what came before', async () => {
	service.answers('/reserve', { body: { reservation_id: 'res_7' } });
	const steps = [
		httpStep('reserve', service.url, { data: '={{ { "sku": "A", "order": $json.order_id } }}' }),
		httpStep('pay', service.url, { data: '={"reservation": "{{ $json.steps.reserve.reservation_id }}"}' }),
		httpStep('ship', service.url),
	];
	const result = await only(store, ORDER, saga(steps, named()));
	expect(result).toMatchObject({ saga_id: sagaId, status: 'completed', input: { order_id: 'ord_1' } });
	expect(service.calls.map(({ path, key, body }) => ({ path, key, body }))).toEqual([
		{ path: '/reserve', key: `${sagaId}/reserve/do`, body: { sku: 'A', order: 'ord_1' } },
		{ path: '/pay', key: `${sagaId}/pay/do`, body: { reservation: 'res_7' } },
		{
			path: '/ship',
			key: `${sagaId}/ship/do`,
			body: {
				order_id: 'ord_1',
				total: 30,
				steps: { reserve: { reservation_id: 'res_7' }, pay: { call: 2, path: '/pay' } },
			},
		},
	]);
});

it('undoes what was done when a step is refused, newest first, and reports the original error', async () => {
	service.answers('/reserve', { body: { reservation_id: 'res_7' } });
	service.answers('/pay', { status: 402, body: { reason: 'card declined' } });
	const steps = [
		undoableStep('validate', service.url),
		undoableStep('reserve', service.url, { undoData: '={{ $json.steps.reserve }}' }),
		undoableStep('pay', service.url),
	];
	const error = await store.failure(ORDER, saga(steps, named()));
	expect(error.message).toContain('answered 402: {"reason":"card declined"}');
	expect(error.description).toContain(`Saga ${sagaId} is compensated. Undone: reserve, validate.`);
	expect(called()).toEqual(['/validate', '/reserve', '/pay', '/undo_reserve', '/undo_validate']);
	expect(service.calls[3]).toMatchObject({ key: `${sagaId}/reserve/undo`, body: { reservation_id: 'res_7' } });
	expect(await only(store, sagaOperation('get', named()))).toMatchObject({
		status: 'compensated',
		failed_step: 'pay',
		compensated: ['reserve', 'validate'],
		error: { code: 'http 402', data: { reason: 'card declined' } },
	});
});

it('gives the error and the saga to the error output of a node that is set to go on', async () => {
	service.answers('/pay', { status: 400 });
	const node = saga([httpStep('pay', service.url)], named(), { onError: 'continueRegularOutput' });
	expect(await only(store, ORDER, node)).toMatchObject({
		error: expect.stringContaining('answered 400'),
		details: { saga_id: sagaId, status: 'compensated', failed_step: 'pay' },
	});
});

it('tries again what may heal, with the same key, and not what is refused', async () => {
	service.answers('/pay', { status: 503 }, { status: 429 }, { body: { payment_id: 'p1' } });
	const result = await only(store, ORDER, saga([httpStep('pay', service.url, quick)], named()));
	expect(result).toMatchObject({ status: 'completed', results: { pay: { payment_id: 'p1' } } });
	expect(new Set(service.calls.map(({ key }) => key))).toEqual(new Set([`${sagaId}/pay/do`]));
	expect(called()).toEqual(['/pay', '/pay', '/pay']);
});

it('undoes a step whose end is not known', async () => {
	service.answers('/pay', { status: 500 }, { status: 500 });
	const steps = [undoableStep('pay', service.url, { options: { backoffSeconds: 0.01, maxAttempts: 2 } })];
	await store.failure(ORDER, saga(steps, named()));
	expect(called()).toEqual(['/pay', '/pay', '/undo_pay']);
});

it('gives the finished result when it runs again, and repeats nothing', async () => {
	const steps = [httpStep('pay', service.url)];
	const first = await only(store, ORDER, saga(steps, named()));
	const again = await only(store, ORDER, saga(steps, named()));
	expect(again).toEqual(first);
	expect(called()).toEqual(['/pay']);
});

it('runs a sub-workflow as a step, whose events belong to the saga', async () => {
	const steps = [
		{ name: 'reserve', do: 'workflow', workflow: { __rl: true, mode: 'id', value: RESERVE.id } },
		httpStep('pay', service.url, { data: '={{ $json.steps.reserve.payload }}' }),
	];
	const result = await only(store, ORDER, saga(steps, named()));
	expect(service.calls[0]?.body).toEqual({ reservation_id: 'res_ord_1' });
	const event = await eventOf('inventory.reserved');
	expect(event?.metadata.correlation_id).toBe(result.correlation_id);
});

it('takes a sub-workflow that fails for a refusal', async () => {
	const steps = [
		undoableStep('validate', service.url),
		{ name: 'reserve', do: 'workflow', workflow: { __rl: true, mode: 'id', value: REFUSE.id } },
	];
	const error = await store.failure(ORDER, saga(steps, named()));
	expect(error.message).toContain('reserve failed: out of stock');
	expect(called()).toEqual(['/validate', '/undo_validate']);
});

it('publishes a command event, and its answer is the result', async () => {
	await store.engine.activate(answering('payment.requested', 'payment.processed', '{"payment_id": "p1"}'));
	const steps = [
		{
			name: 'pay',
			do: 'event',
			eventType: 'payment.requested',
			succeedsOn: 'payment.processed',
			failsOn: 'payment.declined',
		},
	];
	const result = await only(store, ORDER, saga(steps, named()));
	expect(result).toMatchObject({ status: 'completed', results: { pay: { payment_id: 'p1' } } });
	const command = await eventOf('payment.requested');
	expect(command).toMatchObject({
		payload: { order_id: 'ord_1' },
		metadata: { idempotency_key: `${sagaId}/pay/do` },
	});
	const outcome = await eventOf('saga.completed');
	expect(outcome).toMatchObject({ payload: { saga_id: sagaId, saga_name: 'order' } });
});

it('undoes when an event refuses the command', async () => {
	await store.engine.activate(answering('payment.requested', 'payment.declined', '{"reason": "limit"}'));
	const steps = [
		undoableStep('reserve', service.url),
		{
			name: 'pay',
			do: 'event',
			eventType: 'payment.requested',
			succeedsOn: 'payment.processed',
			failsOn: 'payment.declined',
		},
	];
	const error = await store.failure(ORDER, saga(steps, named()));
	expect(error.message).toContain('pay was refused: payment.declined');
	expect(called()).toEqual(['/reserve', '/undo_reserve']);
	expect((await eventOf('saga.compensated'))?.payload).toMatchObject({ compensated: ['reserve'] });
});

it('runs steps side by side that do not wait for each other', async () => {
	const after = (runAfter: string) => ({ options: { runAfter } });
	const steps = [
		httpStep('validate', service.url),
		httpStep('reserve', service.url, after('validate')),
		httpStep('score', service.url, after('validate')),
		httpStep('pay', service.url, after('reserve, score')),
	];
	expect(await only(store, ORDER, saga(steps, named()))).toMatchObject({ status: 'completed' });
	expect(called()[0]).toBe('/validate');
	expect(new Set(called().slice(1, 3))).toEqual(new Set(['/reserve', '/score']));
	expect(called()[3]).toBe('/pay');
});

it('is stuck past the point of no return, and goes on when it is resumed', async () => {
	service.answers('/ship', { status: 400, body: { reason: 'no address' } });
	const steps = [
		undoableStep('reserve', service.url),
		httpStep('pay', service.url, { options: { pointOfNoReturn: true } }),
		httpStep('ship', service.url),
	];
	const error = await store.failure(ORDER, saga(steps, named()));
	expect(error.description).toContain(
		'is stuck. Nothing had to be undone. Repair what failed, then use Saga → Resume.',
	);
	expect(await only(store, sagaOperation('list', { statuses: ['stuck'], limit: 1 }))).toMatchObject({
		saga_id: sagaId,
	});
	const resumed = await only(store, sagaOperation('resume', { ...named(), reason: 'address added' }));
	expect(resumed).toMatchObject({ status: 'completed' });
	expect(called()).toEqual(['/reserve', '/pay', '/ship', '/ship']);
});

it('undoes a saga that somebody cancels while it waits', async () => {
	const steps = [
		undoableStep('reserve', service.url),
		{
			name: 'pay',
			do: 'event',
			eventType: 'delivery.requested',
			succeedsOn: 'delivery.made',
			options: { timeoutSeconds: 3 },
		},
	];
	const running = await only(store, ORDER, saga(steps, { ...named(), options: { timeoutSeconds: 0.5 } }));
	expect(running).toMatchObject({ status: 'running' });
	const cancelled = await only(store, sagaOperation('cancel', { ...named(), reason: 'changed her mind' }));
	expect(cancelled).toMatchObject({ status: 'cancelled', compensated: ['reserve'], cancel_reason: 'changed her mind' });
	expect(await eventOf('saga.cancelled')).toMatchObject({ payload: { saga_id: sagaId } });
});

const BAD: readonly (readonly [string, INodeParameters[], string])[] = [
	[
		'two steps of one name',
		[
			{ name: 'a', do: 'http', url: 'http://x' },
			{ name: 'a', do: 'http', url: 'http://x' },
		],
		'Two steps are called a',
	],
	['no step', [], 'The saga order has no steps'],
	['a URL that is none', [{ name: 'a', do: 'http', url: 'payments' }], 'URL of a is no address'],
	[
		'a circle',
		[
			{ name: 'a', do: 'http', url: 'http://x', options: { runAfter: 'b' } },
			{ name: 'b', do: 'http', url: 'http://x', options: { runAfter: 'a' } },
		],
		'Steps wait for each other: a → b → a',
	],
	['data that are no JSON', [{ name: 'a', do: 'http', url: 'http://x', data: '{"a":' }], 'Data of a is not JSON'],
	[
		'another node',
		[
			{ name: 'a', do: 'http', url: 'http://x' },
			{ name: 'b', do: 'http', url: 'http://x', data: "={{ $('Given').item.json }}" },
		],
		"Data of b uses $('…')",
	],
];

it.each(BAD)('says what is wrong before the first step: %s', async (_what, steps, message) => {
	const error = await store.failure(ORDER, saga(steps, named()));
	expect(error.message).toContain(message);
	expect(called()).toEqual([]);
	expect((await store.failure(sagaOperation('get', named()))).message).toContain('There is no saga');
});

it('refuses an id that was used with other steps', async () => {
	await only(store, ORDER, saga([httpStep('pay', service.url)], named()));
	const error = await store.failure(ORDER, saga([httpStep('ship', service.url)], named()));
	expect(error.message).toBe(`There is a saga ${sagaId} already, and it was started with other steps`);
	expect(called()).toEqual(['/pay']);
});

it.each([
	[
		'a service that cannot be reached',
		{ url: 'http://127.0.0.1:9/none' },
		'POST http://127.0.0.1:9/none did not answer',
	],
	['an answer that is no JSON', {}, 'answered 200 with text/html that is no JSON: <h1>Hi</h1>'],
])('says what is wrong with %s', async (_what, change, message) => {
	service.answers('/pay', { type: 'text/html; charset=utf-8', body: '<h1>Hi</h1>' });
	const options = { options: { maxAttempts: 2, backoffSeconds: 0.01 } };
	const error = await store.failure(ORDER, saga([httpStep('pay', service.url, { ...options, ...change })], named()));
	expect(error.message).toContain(message);
});
