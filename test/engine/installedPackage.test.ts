/**
 * The installed package is the one n8n would load: alone, and with its host's n8n-workflow.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hostRequireFrom } from './hostRequire';
import { installPackage, type InstalledPackage } from './installedPackage';
import { Engine, items } from './n8nEngine';
import { publish } from './openBus';
import { node, workflow } from './workflowBuilder';

let installed: InstalledPackage;

beforeEach(async () => {
	installed = await installPackage();
});
afterEach(async () => {
	await installed.remove();
});

it('takes n8n-workflow from the engine, so that both mean the same error classes', async () => {
	const engine = await Engine.create({ packages: [installed.folder] });
	try {
		const used = hostRequireFrom(installed.folder).resolve('n8n-workflow');
		expect(used).toBe(hostRequireFrom(process.env.EVENT_BUS_ENGINE_PATH ?? '').resolve('n8n-workflow'));
	} finally {
		await engine.close();
	}
});

it('keeps its events in the user folder of its n8n, and finds nothing of them in another', async () => {
	const published = async () => {
		const engine = await Engine.create({ packages: [installed.folder], env: { EVENT_BUS_URL: undefined } });
		try {
			const status = node('Status', 'n8n-nodes-event-bus.eventBus', {
				resource: 'channel',
				operation: 'getStatus',
				sendTo: 'all',
			});
			const before = await engine.runManual(workflow('Look', [node('Start', 'manualTrigger'), status]));
			const after = await engine.runManual(workflow('Publish', [node('Start', 'manualTrigger'), publish('a.b')]));
			return [items(before, 'Status'), items(after, 'Publish a.b')?.length];
		} finally {
			await engine.close();
		}
	};
	const first = await published();
	expect(first[1]).toBe(1);
	expect(await published()).toEqual(first);
});

it('holds no tests, and leaves nothing behind', async () => {
	const files = await readdir(installed.folder, { recursive: true });
	expect(files).toContain('package.json');
	expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
	await installed.remove();
	expect(existsSync(installed.folder)).toBe(false);
});
