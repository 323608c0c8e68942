import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { call, Rig } from '../../../test/embedded/rig';
import { systemClock } from '../../kernel/clock';
import { silentLogger } from '../../kernel/logger';
import { embedded } from './manifest';

const host = { clock: systemClock, logger: silentLogger, clientName: 'test', signal: AbortSignal.timeout(60_000) };

it('loads without loading SQLite, so that it loads on a Node that has none', () => {
	const script = `require(${JSON.stringify(join(__dirname, 'manifest.js'))});
		process.stdout.write(String(process.moduleLoadList.some((name) => /sqlite/i.test(name))))`;
	expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })).toBe('false');
});

it('says where the events go', () => {
	expect(embedded.describe({ file: '/data/bus.db' })).toBe('Embedded (SQLite) /data/bus.db');
	expect(embedded.describe({})).toBe('Embedded (SQLite)');
});

it.each([
	['no file', {}],
	['an empty file name', { file: '  ' }],
	['a relative path', { file: 'bus.db' }],
	['a cap that not even the empty file fits in', { file: '/tmp/never-created.db', maxFileMegabytes: 0.5 }],
])('refuses %s', async (_name, settings) => {
	await expect(embedded.open(settings, host)).rejects.toMatchObject({ code: 'settings', hint: expect.any(String) });
});

it('reports its health, and that it is down once it is closed', async () => {
	await using rig = await Rig.create();
	const bus = await rig.connect();
	expect(await bus.health(call())).toMatchObject({ status: 'up', detail: expect.stringContaining(rig.file) });
	expect(bus.lost.aborted).toBe(false);
	await bus[Symbol.asyncDispose]();
	expect(bus.lost.aborted).toBe(true);
	expect(await bus.health(call())).toMatchObject({ status: 'down', error: { code: 'closed' } });
});

it('keeps its inbox in the same file', async () => {
	await using rig = await Rig.create();
	const bus = await rig.connect();
	const entries = await bus.inbox?.begin(['key'], 'me', 1000, call());
	expect(entries).toMatchObject([{ state: 'new' }]);
	expect(bus.inbox?.scope).toBe('host');
});
