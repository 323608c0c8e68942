/**
 * The Saga Trigger in n8n's engine: sagas that nobody looks after go on, and how they end starts a run.
 */
import { randomUUID } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import { eventually } from './eventually';
import { items, type WorkflowJson } from './n8nEngine';
import { publish } from './openBus';
import {
	answering,
	httpStep,
	only,
	openSagas,
	openService,
	saga,
	sagaOperation,
	sagaTrigger,
	type Service,
	undoableStep,
} from './openSaga';
import { given, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

let service: Service;
let store: Store;

beforeEach(async () => {
	service = await openService();
	store = await openSagas();
});
afterEach(async () => {
	await store.close();
	await service[Symbol.asyncDispose]();
});

const ORDER = given([{ order_id: 'ord_1' }]);
const called = () => service.calls.map(({ path }) => path);
const status = async (sagaId: string) => (await only(store, sagaOperation('get', { sagaId }))).status;

/** Saga Trigger → Saga, with these steps. */
function recovering(steps: readonly INodeParameters[]): WorkflowJson {
	return workflow('Orders', [sagaTrigger(), saga(steps)]);
}

it('does the steps of a saga that was only started', async () => {
	const steps = [httpStep('reserve', service.url), httpStep('pay', service.url)];
	await store.engine.activate(recovering(steps));
	const started = await only(store, ORDER, saga(steps, { sagaId: 'one', options: { waitForOutcome: false } }));
	expect(started).toMatchObject({ saga_id: 'one', status: 'running' });
	await eventually('the end of the saga', async () => (await status('one')) === 'completed');
	expect(called()).toEqual(['/reserve', '/pay']);
	const gave = () => store.runs(recovering(steps)).flatMap(({ run }) => (run ? (items(run, 'Saga') ?? []) : []));
	await eventually('the end of the run', () => gave().length > 0);
	expect(gave()).toMatchObject([{ saga_id: 'one', status: 'completed' }]);
});

it('goes on when the answer comes after nobody waited any more', async () => {
	const steps = [
		undoableStep('reserve', service.url),
		{ name: 'pay', do: 'event', eventType: 'payment.requested', succeedsOn: 'payment.processed' },
		httpStep('ship', service.url, { data: '={{ $json.steps.pay }}' }),
	];
	await store.engine.activate(recovering(steps));
	const running = await only(store, ORDER, saga(steps, { sagaId: 'late', options: { timeoutSeconds: 0.2 } }));
	expect(running).toMatchObject({ status: 'running' });
	await store.engine.activate(answering('payment.requested.again', 'payment.processed', '{"payment_id": "p9"}'));
	const command = await store.event('payment.requested');
	await store.output(
		given([{ ok: true }]),
		publish('payment.requested.again', { options: { correlationId: command.metadata.correlation_id } }),
	);
	await eventually('the end of the saga', async () => (await status('late')) === 'completed');
	expect(service.calls.at(-1)).toMatchObject({ path: '/ship', body: { payment_id: 'p9' } });
});

it('gives up a command that nobody answers, and undoes what was done', async () => {
	const steps = [
		undoableStep('reserve', service.url),
		{
			name: 'pay',
			do: 'event',
			eventType: 'payment.requested',
			succeedsOn: 'payment.processed',
			options: { timeoutSeconds: 1, maxAttempts: 2, backoffSeconds: 0.1 },
		},
	];
	await store.engine.activate(recovering(steps));
	await only(store, ORDER, saga(steps, { sagaId: 'dumb', options: { waitForOutcome: false } }));
	await eventually('the end of the saga', async () => (await status('dumb')) === 'compensated');
	expect(called()).toEqual(['/reserve', '/undo_reserve']);
	const commands = store.events().filter(({ event_type }) => event_type === 'payment.requested');
	expect(new Set(commands.map(({ event_id }) => event_id)).size).toBe(1);
});

it('takes up the sagas of its own node only', async () => {
	const steps = [httpStep('reserve', service.url)];
	await store.engine.activate(recovering(steps));
	const other = { sagaName: 'refund', sagaId: 'other', options: { waitForOutcome: false } };
	await only(store, ORDER, saga(steps, other));
	await only(store, ORDER, saga(steps, { sagaId: 'own', options: { waitForOutcome: false } }));
	await eventually('the end of the saga', async () => (await status('own')) === 'completed');
	expect(await status('other')).toBe('running');
});

it('goes on with the steps a saga was started with, although the workflow was edited', async () => {
	const before = [httpStep('reserve', service.url), httpStep('pay', service.url)];
	await only(store, ORDER, saga(before, { sagaId: 'old', options: { waitForOutcome: false } }));
	await store.engine.activate(recovering([httpStep('somethingElse', service.url)]));
	await eventually('the end of the saga', async () => (await status('old')) === 'completed');
	expect(called()).toEqual(['/reserve', '/pay']);
});

it('runs many at once, each once', async () => {
	const steps = [httpStep('reserve', service.url), httpStep('pay', service.url)];
	await store.engine.activate(recovering(steps));
	const orders = Array.from({ length: 40 }, (_, index) => ({ order_id: `ord_${index}` }));
	await store.output(
		given(orders),
		saga(steps, { sagaId: '=many-{{ $json.order_id }}', options: { waitForOutcome: false } }),
	);
	const completed = async () => await store.output(sagaOperation('list', { statuses: ['completed'], limit: 100 }));
	await eventually('the end of all', async () => (await completed()).length === 40);
	const keys = service.calls.map(({ key }) => key);
	expect(new Set(keys).size).toBe(80);
	expect(keys).toHaveLength(80);
});

it('starts a run for each saga that has ended, and tells how', async () => {
	const ends = workflow('Ends', [
		sagaTrigger({ mode: 'outcomes', outcomes: ['compensated', 'completed'] }),
		node('End', 'noOp'),
	]);
	await store.engine.activate(ends);
	service.answers('/pay', { status: 402, body: { reason: 'card declined' } });
	const steps = [undoableStep('reserve', service.url), httpStep('pay', service.url)];
	await store.failure(ORDER, saga(steps, { sagaId: 'declined' }));
	await only(store, ORDER, saga(steps, { sagaId: 'fine' }));
	const told = () => store.runs(ends).flatMap(({ run }) => (run ? (items(run, 'Saga Trigger') ?? []) : []));
	await eventually('two runs', () => told().length === 2);
	expect(
		told()
			.map(({ event_type }) => event_type)
			.sort(),
	).toEqual(['saga.compensated', 'saga.completed']);
	expect(told().find(({ event_type }) => event_type === 'saga.compensated')).toMatchObject({
		payload: { saga_id: 'declined', failed_step: 'pay', compensated: ['reserve'], input: { order_id: 'ord_1' } },
	});
});

it('sends the event that started a saga to the dead letters when the saga is compensated, and tries it once', async () => {
	service.answers('/pay', { status: 402 });
	const orders = workflow('Orders by event', [
		node('Event Bus Trigger', 'n8n-nodes-event-bus.eventBusTrigger', { eventTypes: 'order.created' }),
		saga([httpStep('pay', service.url)], { input: '={{ $json.payload }}' }),
	]);
	await store.engine.activate(orders);
	const event = await store.publish('order.created', { order_id: randomUUID() });
	await eventually('a dead letter', async () => {
		const letters = await store.output(
			node('Letters', 'n8n-nodes-event-bus.eventBus', {
				resource: 'deadLetter',
				operation: 'getMany',
				channel: { __rl: true, mode: 'name', value: 'events' },
			}),
		);
		return letters.length === 1;
	});
	expect(store.runs(orders)).toHaveLength(1);
	expect(await status(`order/${event.metadata.correlation_id}`)).toBe('compensated');
});
