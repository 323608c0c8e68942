/**
 * What a person gets from a real n8n for input that cannot work: what happened and what to change, and nothing hangs.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../conformance/waiting';
import type { WorkflowJson } from '../engine/workflowShelf';
import { errorOf, executionWith } from './executions';
import { OutsideService } from './outsideService';
import { item, listening, publishing, scene, service, start } from './scenes';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(180_000);

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'event-bus-bad-input-'));
	// Nobody, not even root, can make a folder inside a file.
	await writeFile(join(folder, 'a-file'), '');
});
afterAll(async () => {
	await rm(folder, { recursive: true, force: true });
});

/** Runs a workflow as the editor does, and gives the error it ended with. */
async function failureOf(n8n: TemporaryN8n, workflow: WorkflowJson): Promise<string> {
	const { id } = await n8n.bringIn(workflow);
	await n8n.client.call('POST', `/rest/workflows/${id}/run`, { triggerToStartFrom: { name: 'Start' } });
	return await errorOf(n8n, await executionWith(n8n, id, 'error'));
}

describe('with the embedded broker', () => {
	const opened = new AsyncDisposableStack();
	let n8n: TemporaryN8n;
	let outside: OutsideService;
	beforeAll(async () => {
		n8n = opened.use(await TemporaryN8n.start());
		outside = opened.use(await OutsideService.connect({ N8N_USER_FOLDER: n8n.folder }));
	}, 300_000);
	afterAll(async () => {
		await opened.disposeAsync();
	});

	it('does not publish a workflow whose type pattern is invalid, and says which part', async () => {
		const refusal = await n8n.refusalOf(service('badpattern', 'order.crea*ted', 'order.seen'));
		expect(refusal).toContain('order.crea*ted');
		expect(refusal).toContain('whole words');
	});

	it('fails the run for an event that is too large, names the size, and stores nothing', async () => {
		const huge = item("={{ { text: 'x'.repeat(2 * 1024 * 1024) } }}");
		const error = await failureOf(n8n, scene('oversize', [start(), huge, publishing('order.huge')]));
		expect(error).toMatch(/order\.huge|event/i);
		expect(error).toMatch(/\d{6,}|MiB|MB|bytes/i);
		expect(error).toMatch(/reference|elsewhere|smaller/i);
	});

	it('fails the run for an event type that cannot be one', async () => {
		const error = await failureOf(n8n, scene('badtype', [start(), publishing('order created!')]));
		expect(error).toContain('order created!');
		expect(error).toContain('Use letters');
	});

	it('fails the run when the credential names a folder that cannot be made', async () => {
		const file = join(folder, 'a-file', 'bus.db');
		const credential = await n8n.client.call<{ id: string; name: string }>('POST', '/rest/credentials', {
			name: 'Impossible',
			type: 'eventBusApi',
			data: { broker: 'embedded', embeddedFile: file },
		});
		const chosen = { eventBusApi: { id: credential.id, name: credential.name } };
		const node = { ...publishing('order.created', { connection: 'credential' }), credentials: chosen };
		const error = await failureOf(n8n, scene('badfolder', [start(), node]));
		expect(error).toContain(file);
		expect(error).toMatch(/folder|directory|path/i);

		const trigger = { ...listening('order.created', { connection: 'credential' }), credentials: chosen };
		const refusal = await n8n.refusalOf(scene('badfoldertrigger', [trigger, publishing('order.seen')]));
		expect(refusal).toContain(file);
	});

	it('keeps broken bytes as a dead letter with their reason, and goes on with the next event', async () => {
		const heard = await outside.listen();
		await n8n.publish(service('brokenbytes', 'bytes.#', 'seen.bytes'));
		await outside.publishBytes('bytes.broken', '{"event_id":"evt_1","event_type":"bytes.broken","payload":');
		await outside.publish([{ type: 'bytes.good', payload: {} }]);
		await heard.has(1, 'seen.bytes');
		await until('the bytes are a dead letter', async () => (await outside.deadLetters()).length > 0);
		const [letter, ...others] = await outside.deadLetters();
		expect(others).toEqual([]);
		expect(letter?.deadLetter.reason).toBe('undecodable');
		expect(letter?.deadLetter.error).not.toBe('');
		expect(Buffer.from(letter?.raw ?? '', 'base64').toString()).toContain('bytes.broken');
	});
});

describe('with an environment that cannot work', () => {
	it('says which schemes there are when EVENT_BUS_URL has an unknown one, and n8n itself runs on', async () => {
		await using n8n = await TemporaryN8n.start({ EVENT_BUS_URL: 'carrierpigeon://roof:1234' });
		const refusal = await n8n.refusalOf(service('badurl', 'order.created', 'order.seen'));
		expect(refusal).toContain('carrierpigeon');
		expect(refusal).toContain('sqlite:');
		const error = await failureOf(n8n, scene('badurlpublish', [start(), publishing('order.created')]));
		expect(error).toContain('carrierpigeon');
		expect(error).toContain('sqlite:');
	});
});
