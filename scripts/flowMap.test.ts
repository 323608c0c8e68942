import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPO } from './toolchain/paths';

const WORKFLOWS = join(REPO, 'workflows');

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'event-bus-map-'))));
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function map(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string }> {
	return await new Promise((resolve) => {
		const child = execFile(process.execPath, [join(__dirname, 'flowMap.js'), ...args], (_error, stdout, stderr) => {
			resolve({ exitCode: child.exitCode ?? -1, output: stdout + stderr });
		});
	});
}

describe('npm run map', () => {
	it('finds nothing wrong with the bundled workflows', async () => {
		const { exitCode, output } = await map(WORKFLOWS, '--strict', '--outside', 'partner');
		expect(output).not.toContain('!');
		expect(exitCode).toBe(0);
	});

	it('draws the choreography', async () => {
		const { output } = await map(join(WORKFLOWS, 'choreography'));
		for (const part of ['flowchart LR', 'order-validator', 'order.validation_failed', '8 services, 9 types']) {
			expect(output).toContain(part);
		}
	});

	it('shows types that are known only in a run as what they are', async () => {
		const { output } = await map(join(WORKFLOWS, 'cqrs'));
		expect(output).toMatch(/t\d+\(\["#61;#123;#123; #36;json\.type #125;#125;.*"\]\):::unknown/);
	});

	it('ends with 1 when it is strict and something is wrong', async () => {
		const file = join(folder, 'alone.json');
		const node = {
			id: 'p',
			name: 'P',
			type: 'n8n-nodes-event-bus.eventBus',
			parameters: { eventType: 'nobody.cares' },
		};
		await writeFile(file, JSON.stringify([{ name: 'Alone', nodes: [node], connections: {} }]));
		expect(await map(file)).toMatchObject({ exitCode: 0 });
		const { exitCode, output } = await map(file, '--strict');
		expect(exitCode).toBe(1);
		expect(output).toContain('! Nobody consumes nobody.cares of n8n/Alone (channel events)');
	});

	it.each([
		['map.html', '<!doctype html>'],
		['map.json', '"asyncapi": "3.0.0"'],
		['map.mmd', 'flowchart LR'],
	])('writes %s', async (name, part) => {
		const file = join(folder, name);
		expect(await map(WORKFLOWS, '--out', file)).toMatchObject({ exitCode: 0 });
		expect(await readFile(file, 'utf8')).toContain(part);
	});

	it.each<[string, readonly string[], string]>([
		['no file', [], 'Usage'],
		['an option that it does not know', ['--wrong', WORKFLOWS], 'Usage'],
		['a path that does not exist', [join(REPO, 'nowhere')], 'does not exist'],
		['a file that is no workflow', [join(WORKFLOWS, 'choreography', 'sample-orders.json')], 'is not a workflow'],
		['a file that is not JSON', [join(WORKFLOWS, 'README.md')], 'is not JSON'],
	])('ends with 2 for %s', async (_name, args, text) => {
		const { exitCode, output } = await map(...args);
		expect(exitCode).toBe(2);
		expect(output).toContain(text);
	});
});
