/**
 * kill -9 of a real n8n in the middle of many sagas: the Saga Trigger goes on with each of them, and every step has its
 * effect once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { times, until } from '../conformance/waiting';
import { TemporaryN8n } from '../e2e/temporaryN8n';
import { type Call, httpStep, openService, saga, sagaOperation, sagaTrigger, undoableStep } from '../engine/openSaga';
import { node, workflow } from '../engine/workflowBuilder';

const SAGAS = 40;
/** Every fifth is declined by the last step. */
const DECLINED = 5;
const STEPS = ['validate', 'reserve', 'pay', 'invoice', 'ship'];
const FORWARD = STEPS.map((name) => `/${name}`);
const BACK = ['invoice', 'pay', 'reserve', 'validate'].map((name) => `/undo_${name}`);
/** The third step uses what the first has answered, whichever n8n that was. */
const AFTER_VALIDATION = '={{ { "order": $json.order, "after": $json.steps.validate.done } }}';
const ENGINE = { N8N_EXPRESSION_ENGINE: 'legacy' };
/** Of one call: long enough that a kill meets many of them. */
const WORK_MS = 400;
const PATIENCE_MS = 180_000;

jest.setTimeout(PATIENCE_MS * 2);

it('loses no saga, repeats no effect and undoes in reverse when n8n is killed in the middle of them', async () => {
	await using service = await openService(async ({ path, body }) => {
		await sleep(WORK_MS);
		const isDeclined = path === '/ship' && numberOf(body) % DECLINED === 0;
		return isDeclined ? { status: 422, body: { reason: 'no such street' } } : { body: { done: path } };
	});
	await using n8n = await TemporaryN8n.start(ENGINE);
	await n8n.publish(orders(service.url));
	await n8n.publish(desk());

	const asked = times(SAGAS, async (order) => await n8n.post('orders', { order }));
	await Promise.all(asked);
	// A webhook answers before its run begins: only a saga that has begun is one that may not be lost.
	const begun = () => [...effectsOf(service.calls).values()].filter((path) => path === '/validate').length;
	await until('the begin of every saga', () => begun() === SAGAS, PATIENCE_MS);
	for (const share of [0.25, 0.5]) {
		const wanted = SAGAS * STEPS.length * share;
		await until(`${wanted} effects`, () => effectsOf(service.calls).size >= wanted, PATIENCE_MS);
		await n8n.kill();
		// Nothing is activated or started by hand.
		await n8n.start(ENGINE);
	}
	await until('the end of every saga', async () => (await endedSagas(n8n)).length === SAGAS, PATIENCE_MS);
	const ended = await endedSagas(n8n);
	const repeated = service.calls.length - effectsOf(service.calls).size;

	process.stderr.write(`\n${SAGAS} sagas, n8n killed twice: ${repeated} calls were repeated with their key\n`);
	for (const order of times(SAGAS, (index) => index)) {
		const isDeclined = order % DECLINED === 0;
		const effects = [...effectsOf(service.calls, order).values()];
		expect({ order, effects }).toEqual({ order, effects: isDeclined ? [...FORWARD, ...BACK] : FORWARD });
		expect(ended.find(({ saga_id }) => saga_id === `order-${order}`)?.status).toBe(
			isDeclined ? 'compensated' : 'completed',
		);
	}
	for (const { path, body } of service.calls) if (path === '/pay') expect(body).toMatchObject({ after: '/validate' });
	// Else the kills did not hit the sagas, and nothing was shown.
	expect(repeated).toBeGreaterThan(0);
});

/** Webhook → Saga ← Saga Trigger. */
function orders(url: string) {
	const steps = STEPS.map((name) => {
		if (name === 'ship') return httpStep(name, url);
		return undoableStep(name, url, name === 'pay' ? { data: AFTER_VALIDATION } : {});
	});
	const asked = { sagaId: '=order-{{ $json.body.order }}', input: '={{ { "order": $json.body.order } }}' };
	return workflow(
		'Orders',
		[
			node('Webhook', 'webhook', { path: 'orders', httpMethod: 'POST' }, { typeVersion: 2, webhookId: 'orders' }),
			saga(steps, asked),
			sagaTrigger({ options: { maxInFlight: 50 } }),
		],
		{ arrows: ['Webhook > Saga', 'Saga Trigger > Saga'] },
	);
}

function desk() {
	return workflow('Desk', [
		node(
			'Webhook',
			'webhook',
			{ path: 'ended', httpMethod: 'POST', responseMode: 'lastNode', responseData: 'allEntries' },
			{ typeVersion: 2, webhookId: 'ended' },
		),
		sagaOperation('list', { statuses: ['completed', 'compensated', 'stuck', 'cancelled'], limit: 1000 }),
	]);
}

async function endedSagas(n8n: TemporaryN8n): Promise<readonly { saga_id: string; status: string }[]> {
	await sleep(500);
	const { status, body } = await n8n.post('ended', {});
	return status === 200 ? (JSON.parse(body) as { saga_id: string; status: string }[]).filter((one) => one.saga_id) : [];
}

/** The services remember keys: what is asked again with its key has no second effect. In the order in which they came. */
function effectsOf(calls: readonly Call[], order?: number): Map<string, string> {
	const its = calls.filter(({ key }) => order === undefined || key.startsWith(`order-${order}/`));
	// A key that is there already keeps its place.
	return new Map(its.map(({ key, path }) => [key, path]));
}

function numberOf(body: unknown): number {
	return Number((body as { readonly order?: unknown }).order);
}
