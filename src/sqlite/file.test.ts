import { execFileSync } from 'node:child_process';
import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { sqliteModule } from '../../test/sqlite/tallyModule';
import { systemClock } from '../kernel/clock';
import { silentLogger } from '../kernel/logger';
import { openSqliteFile, refuseOldNode, type SqliteFile } from './file';

const TALLY = join(__dirname, '../../test/sqlite/tallyModule.js');

let folder: string;
let path: string;
let opened: SqliteFile[];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'event-bus-sqlite-'));
	path = join(folder, 'file.db');
	opened = [];
});
afterEach(async () => {
	await Promise.all(opened.map(async (file) => await file[Symbol.asyncDispose]()));
	await rm(folder, { recursive: true, force: true });
});

function call(timeoutMs = 10_000) {
	return { signal: new AbortController().signal, timeoutMs };
}

async function open(at = path) {
	const file = await openSqliteFile(at, silentLogger, call());
	opened.push(file);
	return file;
}

async function tally(file: SqliteFile) {
	return await file.use<typeof sqliteModule>(TALLY, systemClock, call());
}

/** Changes the closed file behind the host's back. */
function tamper(script: string): void {
	const database = new DatabaseSync(path);
	database.exec(script);
	database.close();
}

describe('group commit', () => {
	it('undoes only the command that failed, not its neighbours', async () => {
		const port = await tally(await open());
		const calls = Array.from({ length: 30 }, (_none, index) =>
			port.write('add', { name: `n${index}`, ...(index % 3 === 1 ? { then: 'throw' as const } : {}) }, call()),
		);
		const results = await Promise.allSettled(calls);
		expect(results.map(({ status }) => status)).toEqual(
			results.map((_result, index) => (index % 3 === 1 ? 'rejected' : 'fulfilled')),
		);
		const expected = results.flatMap((_result, index) => (index % 3 === 1 ? [] : [`n${index}`]));
		expect(await port.read('names', {}, call())).toEqual(expected);
	});

	it('fails only the command that does not fit on the disk', async () => {
		const port = await tally(await open());
		await port.write('limitPages', { pages: 100 }, call());
		const [small, large, other] = await Promise.allSettled([
			port.write('add', { name: 'small' }, call()),
			port.write('fill', { bytes: 1_000_000 }, call()),
			port.write('add', { name: 'other' }, call()),
		]);
		expect([small.status, large.status, other.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect(large).toMatchObject({ reason: { code: 'storage', message: expect.stringContaining(path) } });
		expect(await port.read('names', {}, call())).toEqual(['small', 'other']);
	});

	it('tells listeners of a topic after the commit, and only of commands that succeeded', async () => {
		const file = await open();
		const port = await tally(file);
		let rings = 0;
		const stop = file.onCommit('tally', () => (rings += 1));
		await port.write('add', { name: 'failed', then: 'throw' }, call()).catch(() => undefined);
		expect(rings).toBe(0);
		await port.write('add', { name: 'stored' }, call());
		expect(rings).toBe(1);
		stop();
		await port.write('add', { name: 'unheard' }, call());
		expect(rings).toBe(1);
	});

	it('does not run a command whose caller has gone before', async () => {
		const port = await tally(await open());
		const caller = new AbortController();
		const adding = port.write('add', { name: 'never' }, { signal: caller.signal, timeoutMs: 1000 });
		caller.abort(new Error('gone'));
		await expect(adding).rejects.toThrow('gone');
		await expect(
			port.write('add', { name: 'x' }, { signal: AbortSignal.abort(new Error('gone')), timeoutMs: 1000 }),
		).rejects.toThrow('gone');
	});
});

describe('opening', () => {
	it('creates the folder, and the file for its owner only', async () => {
		const file = await open(join(folder, 'a/b/file.db'));
		expect(statSync(file.path).mode & 0o777).toBe(0o600);
	});

	it('shares one thread between all who open a path, and closes it with the last of them', async () => {
		const [one, two] = [await open(), await open(join(folder, '.', 'file.db'))];
		const port = await tally(two);
		await one[Symbol.asyncDispose]();
		await one[Symbol.asyncDispose]();
		await port.write('add', { name: 'still open' }, call());
		await two[Symbol.asyncDispose]();
		await expect(port.write('add', { name: 'closed' }, call())).rejects.toMatchObject({ code: 'closed' });
		expect(await readdir(folder)).toEqual(['file.db']);
	});

	it('keeps what was stored', async () => {
		const first = await open();
		await (await tally(first)).write('add', { name: 'kept' }, call());
		await first[Symbol.asyncDispose]();
		expect(await (await tally(await open())).read('names', {}, call())).toEqual(['kept']);
	});

	it('takes a schema from its version to the latest', async () => {
		await (await open())[Symbol.asyncDispose]();
		tamper(`CREATE TABLE tally (id INTEGER PRIMARY KEY) STRICT; INSERT INTO tally VALUES (7);
			INSERT INTO schema_version VALUES ('tally', 1)`);
		expect(await (await tally(await open())).read('names', {}, call())).toEqual(['']);
	});

	it('refuses tables that a newer package wrote', async () => {
		await (await open())[Symbol.asyncDispose]();
		tamper("INSERT INTO schema_version VALUES ('tally', 99)");
		await expect(tally(await open())).rejects.toMatchObject({
			code: 'storage',
			message: expect.stringContaining('newer'),
			hint: expect.stringContaining('Update'),
		});
	});

	it.each([
		[
			'a text file',
			() => writeFileSync(path, 'not a database, but long enough to be read as one '.repeat(100)),
			'storage',
		],
		['the database of another program', () => tamper('CREATE TABLE workflow_entity (id TEXT)'), 'settings'],
	])('refuses %s, and leaves it as it is', async (_name, prepare, code) => {
		prepare();
		const { size } = statSync(path);
		await expect(open()).rejects.toMatchObject({ code, message: expect.stringContaining(path) });
		expect(statSync(path).size).toBe(size);
	});

	it('says that a file is damaged', async () => {
		const first = await open();
		const port = await tally(first);
		for (let round = 0; round < 20; round += 1) await port.write('fill', { bytes: 20_000 }, call());
		await first[Symbol.asyncDispose]();
		const { size } = statSync(path);
		const handle = openSync(path, 'r+');
		writeSync(handle, Buffer.alloc(size - 8192, 0xab), 0, size - 8192, 8192);
		closeSync(handle);
		const using = async () => await (await tally(await open())).read('names', {}, call());
		await expect(using()).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('damaged') });
	});

	it.each([
		['a folder', async () => await mkdir(path), 'file'],
		['a path through a file', async () => writeFileSync(join(folder, 'plain'), ''), 'plain/file.db'],
	])('refuses %s', async (_name, prepare, name) => {
		await prepare();
		await expect(open(join(folder, name === 'file' ? 'file.db' : name))).rejects.toMatchObject({ code: 'storage' });
	});

	it('answers where no folder can be made, instead of hanging', async () => {
		await expect(open('/proc/nope/bus.db')).rejects.toMatchObject({ code: 'storage' });
	});

	it('refuses a relative path', async () => {
		await expect(open('file.db')).rejects.toMatchObject({ code: 'settings' });
	});

	it('refuses a second host, and takes the file over when that host has been silent', async () => {
		await (await open())[Symbol.asyncDispose]();
		const enter = (at: number) =>
			tamper(`INSERT OR REPLACE INTO process VALUES ('x', 'elsewhere', 'boot', '', 1, '', ${at})`);
		enter(Date.now());
		await expect(open()).rejects.toMatchObject({ code: 'settings', message: expect.stringContaining('elsewhere') });
		enter(Date.now() - 60_000);
		await expect(open()).resolves.toBeDefined();
	});

	it('stops when the file is deleted or replaced under it', async () => {
		const port = await tally(await open());
		await port.write('add', { name: 'before' }, call());
		await rename(path, `${path}.moved`);
		await expect(port.write('add', { name: 'lost' }, call())).rejects.toMatchObject({ code: 'storage' });
	});
});

it.each([
	['20.20.2', false],
	['22.12.0', false],
	['22.13.0', true],
	['24.0.0', true],
])('on Node %s opening is allowed: %s', (version, isAllowed) => {
	const check = () => refuseOldNode(version);
	if (isAllowed) expect(check).not.toThrow();
	else expect(check).toThrow(/22\.13/);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
(canMount ? describe : describe.skip)('on a disk of its own (needs root to mount it)', () => {
	let disk: string;
	const mount = (...options: readonly string[]) =>
		execFileSync('mount', ['-o', options.join(','), 'tmpfs', disk, '-t', 'tmpfs']);

	beforeEach(async () => {
		disk = join(folder, 'disk');
		await mkdir(disk);
	});
	afterEach(async () => {
		await Promise.all(opened.map(async (file) => await file[Symbol.asyncDispose]()));
		opened = [];
		execFileSync('umount', ['-l', disk]);
	});

	it('reports a full disk, keeps what was stored, and goes on once there is room', async () => {
		mount('size=3m');
		writeFileSync(join(disk, 'ballast'), Buffer.alloc(1024 * 1024));
		const port = await tally(await open(join(disk, 'file.db')));
		let stored = 0;
		const fill = async () => {
			for (; stored < 1000; stored += 1) await port.write('fill', { bytes: 50_000 }, call());
		};
		await expect(fill()).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('full') });
		expect(stored).toBeGreaterThan(3);
		expect(await port.read('names', {}, call())).toHaveLength(stored);
		await rm(join(disk, 'ballast'));
		await port.write('add', { name: 'room again' }, call());
		expect(await port.read('names', {}, call())).toHaveLength(stored + 1);
	});

	it('refuses a read-only folder', async () => {
		mount('ro');
		await expect(open(join(disk, 'file.db'))).rejects.toMatchObject({
			code: 'storage',
			message: expect.stringContaining(disk),
			hint: expect.stringContaining('read-only'),
		});
	});
});
