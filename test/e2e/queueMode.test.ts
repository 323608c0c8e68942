/**
 * n8n in queue mode, where the process that hears an event is not the one that runs the workflow: main, worker and Redis.
 */
import { until } from '../conformance/waiting';
import { node } from '../engine/workflowBuilder';
import { executionsOf } from './executions';
import { OutsideService } from './outsideService';
import { listening, publishing, scene, service } from './scenes';
import { TemporaryN8n } from './temporaryN8n';
import { TemporaryRedis } from './temporaryRedis';

jest.setTimeout(300_000);

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let queue: Readonly<Record<string, string>>;

beforeAll(async () => {
	const redis = opened.use(await TemporaryRedis.start());
	n8n = opened.use(await TemporaryN8n.prepare());
	const port = String(redis.port);
	queue = { EXECUTIONS_MODE: 'queue', QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: port };
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

it('refuses the default broker, which a worker would not share, and says what to set', async () => {
	await n8n.start(queue);
	const refusal = await n8n.refusalOf(service('queuedefault', 'queue.asked', 'queue.answered'));
	expect(refusal).toContain('queue mode');
	expect(refusal).toContain('EVENT_BUS_URL');
	await n8n.stop();
});

describe('with an explicit sqlite: path', () => {
	const running = new AsyncDisposableStack();
	let outside: OutsideService;

	beforeAll(async () => {
		const env = { ...queue, EVENT_BUS_URL: `sqlite:${n8n.folder}/shared.db` };
		await n8n.start(env);
		running.defer(async () => await n8n.stop());
		running.use(await n8n.startWorker(env));
		outside = running.use(await OutsideService.connect(env));
	}, 300_000);
	afterAll(async () => {
		await running.disposeAsync();
	});

	it('settles each event by the verdict of the run in the worker: success, failure, a verdict of the workflow', async () => {
		const heard = await outside.listen();
		const quickly = { options: { backoff: { delays: { initialSeconds: 0.5, jitterPercent: 0 } } } };
		const succeeds = service('queuesucceeds', 'queue.fine', 'queue.done');
		const failsOnce = scene('queuefailsonce', [
			listening('queue.flaky', quickly),
			failing(),
			publishing('queue.recovered'),
		]);
		const gives = scene('queuegivesup', [listening('queue.hopeless'), sendingToDeadLetters('no such customer')]);
		for (const workflow of [succeeds, failsOnce, gives]) await n8n.publish(workflow);

		await outside.publish(['queue.fine', 'queue.flaky', 'queue.hopeless'].map((type) => ({ type, payload: {} })));
		await heard.has(1, 'queue.done');
		await heard.has(1, 'queue.recovered');
		await until('the hopeless one is a dead letter', async () => (await outside.deadLetters()).length > 0, 60_000);

		const [letter, ...others] = await outside.deadLetters();
		expect(others).toEqual([]);
		expect(letter?.event?.event_type).toBe('queue.hopeless');
		expect(letter?.deadLetter).toMatchObject({
			reason: 'rejected',
			error: expect.stringContaining('no such customer'),
		});
		await until('every group has settled everything', async () => {
			return (await outside.groups()).every(({ backlog, inFlight }) => !backlog && !inFlight);
		});
		const statuses = async (id: string) => (await executionsOf(n8n, id)).map(({ status }) => status).toSorted();
		expect(await statuses(succeeds.id)).toEqual(['success']);
		expect(await statuses(failsOnce.id)).toEqual(['error', 'success']);
		expect(await statuses(gives.id)).toEqual(['success']);
	});
});

/** Fails for the first attempt, and lets the second one through. */
function failing() {
	// An expression that throws needs no branch, and no code runner in the worker.
	const jsonOutput = "={{ $json.delivery.attempt === 1 ? 'no JSON' : JSON.stringify($json.payload) }}";
	return node('Fails Once', 'set', { mode: 'raw', jsonOutput, options: {} }, { typeVersion: 3.4 });
}

function sendingToDeadLetters(reason: string) {
	const parameters = { resource: 'delivery', operation: 'sendToDeadLetter', reason };
	return node('Give Up', 'n8n-nodes-event-bus.eventBus', parameters);
}
