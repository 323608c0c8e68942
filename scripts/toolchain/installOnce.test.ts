import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installOnce, type Recipe } from './installOnce';
import type { Log } from './log';

const quiet: Log = () => undefined;
/** Above the highest process id of any system. */
const NO_PROCESS = 2 ** 22 + 1;

let root: string;
let installs: number;

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), 'event-bus-install-'));
	installs = 0;
});

afterEach(async () => {
	await rm(root, { recursive: true });
});

function recipe(changes: Partial<Recipe> = {}): Recipe {
	return {
		title: 'a thing',
		folder: join(root, 'thing'),
		check: async (folder) => existsSync(join(folder, 'works')),
		install: async (folder) => {
			installs += 1;
			await sleep(20);
			await writeFile(join(folder, 'works'), String(installs));
		},
		...changes,
	};
}

describe('installing once', () => {
	it('installs at the first call and not at the second', async () => {
		await installOnce(recipe(), quiet);
		await installOnce(recipe(), quiet);
		expect(installs).toBe(1);
	});

	it('installs once for two callers at the same time', async () => {
		await Promise.all([installOnce(recipe(), quiet), installOnce(recipe(), quiet)]);
		expect(installs).toBe(1);
	});

	it('adopts a folder made by other means when it works', async () => {
		await mkdir(join(root, 'thing'));
		await writeFile(join(root, 'thing', 'works'), 'by hand');
		await installOnce(recipe(), quiet);
		expect(installs).toBe(0);
		expect(await readFile(join(root, 'thing', 'works'), 'utf8')).toBe('by hand');
	});

	it('makes a folder anew when it does not work', async () => {
		await mkdir(join(root, 'thing'));
		await writeFile(join(root, 'thing', 'half'), '');
		await installOnce(recipe(), quiet);
		expect(existsSync(join(root, 'thing', 'half'))).toBe(false);
		expect(existsSync(join(root, 'thing', 'works'))).toBe(true);
	});

	it('leaves nothing behind when the installation fails, and installs at the next call', async () => {
		const broken = recipe({ install: async () => await Promise.reject(new Error('no network')) });
		await expect(installOnce(broken, quiet)).rejects.toThrow('no network');
		expect(await readdir(root)).toEqual([]);
		await installOnce(recipe(), quiet);
		expect(installs).toBe(1);
	});

	it('refuses an installation that does not work', async () => {
		const useless = recipe({ install: async () => undefined });
		await expect(installOnce(useless, quiet)).rejects.toThrow('does not work');
		expect(await readdir(root)).toEqual([]);
	});

	it('goes on after a process that died in the middle', async () => {
		await mkdir(join(root, 'thing.lock'));
		await writeFile(join(root, 'thing.lock', 'owner'), String(NO_PROCESS));
		await mkdir(join(root, `thing.partial-${NO_PROCESS}`));
		await installOnce(recipe(), quiet);
		expect(await readdir(root)).toEqual(['thing']);
	});
});
