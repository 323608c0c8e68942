/**
 * What loading costs: n8n loads every node at its start, and one client library that cannot be loaded must not keep the
 * whole package out. So nothing is loaded before it is used.
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { buildPackage } from '../../scripts/packTarball';
import { REPO } from '../../scripts/toolchain/paths';
import { readPackageJson } from './packageJson';

const BUILD_MS = 120_000;

interface Loaded {
	/** Packages of node_modules. */
	readonly packages: readonly string[];
	/** Modules of Node itself. */
	readonly builtins: readonly string[];
}

beforeAll(async () => {
	await buildPackage(() => undefined);
}, BUILD_MS);

/** Loads a file in a process of its own, and n8n-workflow before it where the host has it loaded. */
async function load(file: string, { inHost }: { inHost: boolean }): Promise<Loaded> {
	const probe = `
		${inHost ? "require('n8n-workflow');" : ''}
		const before = new Set(Object.keys(require.cache));
		require(${JSON.stringify(file)});
		const files = Object.keys(require.cache).filter((name) => !before.has(name));
		const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '));
		console.log(JSON.stringify({ files, builtins: builtins.map((name) => name.slice('NativeModule '.length)) }));`;
	const { stdout } = await promisify(execFile)(process.execPath, ['-e', probe], { cwd: REPO, maxBuffer: 2 ** 24 });
	const { files, builtins } = JSON.parse(stdout) as { files: string[]; builtins: string[] };
	const names = files.map((name) => /node_modules[\\/](@[^\\/]+[\\/][^\\/]+|[^\\/]+)/.exec(name)?.[1]);
	return { packages: [...new Set(names.filter((name) => name !== undefined))], builtins };
}

function filesIn(folder: string, ending: string): string[] {
	return readdirSync(join(REPO, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith(ending))
		.map((name) =>
			relative(REPO, join(REPO, folder, name))
				.split(sep)
				.join('/'),
		);
}

function compiled(source: string): string {
	return join(REPO, 'dist', source.replace(/\.ts$/, '.js'));
}

const hostFiles = [...filesIn('nodes', '.node.ts'), ...filesIn('credentials', '.credentials.ts')];

describe('loading', () => {
	it('the library loads no package and no SQLite', async () => {
		const { packages, builtins } = await load(join(REPO, 'index.js'), { inHost: false });
		expect(packages).toEqual([]);
		expect(builtins).not.toContain('sqlite');
	});

	it('the list of brokers loads no client and no SQLite', async () => {
		const { packages, builtins } = await load(compiled('src/brokers/index.ts'), { inHost: false });
		expect(packages).toEqual([]);
		expect(builtins).not.toContain('sqlite');
	});

	it('the list of stores loads no client and no SQLite', async () => {
		const { packages, builtins } = await load(compiled('src/store/stores.ts'), { inHost: false });
		expect(packages).toEqual([]);
		expect(builtins).not.toContain('sqlite');
	});

	it.each(hostFiles)('%s loads nothing but n8n-workflow', async (source) => {
		const { packages, builtins } = await load(compiled(source), { inHost: true });
		expect(packages).toEqual([]);
		expect(builtins).not.toContain('sqlite');
	});

	it('the probe sees a package and SQLite when they are loaded', async () => {
		const { packages, builtins } = await load('ajv', { inHost: false });
		expect(packages).toContain('ajv');
		expect(builtins).not.toContain('sqlite');
		expect((await load('node:sqlite', { inHost: false })).builtins).toContain('sqlite');
	});
});

describe('package.json', () => {
	it('registers every node and credential of the sources, and no other', () => {
		const { n8n } = readPackageJson();
		const expected = hostFiles.map((source) => `dist/${source.replace(/\.ts$/, '.js')}`);
		expect([...n8n.nodes, ...n8n.credentials].sort()).toEqual(expected.sort());
	});
});
