/**
 * What a user installs: that n8n's installer and loader take it, and that it holds what it should and nothing else.
 */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packTarball } from '../../scripts/packTarball';
import { REPO } from '../../scripts/toolchain/paths';
import { readPackageJson } from './packageJson';

const BUILD_MS = 120_000;
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

const manifest = readPackageJson();

describe('package.json', () => {
	it('has what makes it a community node package', () => {
		expect(manifest.name).toMatch(/^n8n-nodes-/);
		expect(manifest.keywords).toContain('n8n-community-node-package');
		expect(manifest.license).toBe('MIT');
		expect(manifest.n8n.n8nNodesApiVersion).toBe(1);
	});

	it("takes n8n-workflow from n8n, and leaves out what n8n's installer would drop", () => {
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
		expect(manifest).not.toHaveProperty('optionalDependencies');
		expect(manifest).not.toHaveProperty('overrides');
		expect(manifest).not.toHaveProperty('bundledDependencies');
	});

	it('runs nothing when it is installed', () => {
		const installing = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
		expect(Object.keys(manifest.scripts).filter((name) => installing.includes(name))).toEqual([]);
	});

	it('pins every dependency to one version', () => {
		const versions = { ...manifest.dependencies, ...manifest.devDependencies };
		const loose = Object.entries(versions).filter(([, version]) => !EXACT_VERSION.test(version));
		expect(loose).toEqual([]);
	});
});

describe('the packed tarball', () => {
	let files: readonly string[];

	beforeAll(async () => {
		const tarball = await packTarball(() => undefined);
		const { stdout } = await promisify(execFile)('tar', ['-tzf', tarball], { maxBuffer: 2 ** 24 });
		files = stdout
			.trim()
			.split('\n')
			.map((name) => name.replace(/^package\//, ''));
	}, BUILD_MS);

	it('holds every file that package.json names', () => {
		const { main, types, n8n } = manifest;
		expect(files).toEqual(expect.arrayContaining([main, types, ...n8n.nodes, ...n8n.credentials]));
	});

	it('holds the icons and the codex file of every node', () => {
		const assets = readdirSync(join(REPO, 'nodes'), { recursive: true, encoding: 'utf8' })
			.filter((name) => /\.(svg|png|node\.json)$/.test(name))
			.map((name) => `dist/nodes/${name.replaceAll('\\', '/')}`);
		expect(assets.length).toBeGreaterThanOrEqual(2 * manifest.n8n.nodes.length);
		expect(files).toEqual(expect.arrayContaining(assets));
	});

	it('holds the workflows, the JSON schema of the event and the scripts of the pages', () => {
		expect(files).toEqual(
			expect.arrayContaining([
				'dist/workflows/choreography/00-place-order.json',
				'dist/workflows/choreography/all-on-one-canvas.json',
				'dist/workflows/event-sourcing/00-by-hand.json',
				'dist/workflows/cqrs/00-order-commands.json',
				'dist/src/event/envelope.schema.json',
				'dist/src/trail/render/page/trail.client.js',
				'dist/src/trail/render/page/map.client.js',
			]),
		);
	});

	it('holds neither tests nor scripts nor what only developers need', () => {
		const wrong = files.filter((name) =>
			/\.test\.|(^|\/)(test|scripts|build|node_modules)\/|\.map$|tsbuildinfo/.test(name),
		);
		expect(wrong).toEqual([]);
	});
});
