/**
 * This package, laid out as n8n's own installer leaves it: `<folder>/nodes/node_modules/n8n-nodes-event-bus`, without
 * development dependencies, so that it takes n8n-workflow from its host. A link to the checkout would bring a second copy.
 */
import { cp, mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface InstalledPackage {
	readonly folder: string;
	remove(): Promise<void>;
}

interface Manifest {
	readonly name: string;
	readonly dependencies?: Readonly<Record<string, string>>;
}

/** The compiled tree this file belongs to (build/), so that a test never runs older code than itself. */
const COMPILED = resolve(__dirname, '../..');
const REPOSITORY = resolve(COMPILED, '..');
const SHIPPED = ['nodes', 'credentials', 'src'];

/** @param compiled holds compiled nodes/, credentials/ and src/: a test build, or dist/ */
export async function installPackage(compiled = COMPILED): Promise<InstalledPackage> {
	const root = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-package-'));
	const remove = () => rm(root, { recursive: true, force: true });
	try {
		const manifest = await readManifest(REPOSITORY);
		const modules = join(root, 'nodes', 'node_modules');
		const folder = join(modules, manifest.name);
		await mkdir(folder, { recursive: true });
		for (const file of ['package.json', 'index.js']) await cp(join(REPOSITORY, file), join(folder, file));
		await Promise.all(
			SHIPPED.map((part) =>
				cp(join(compiled, part), join(folder, 'dist', part), {
					recursive: true,
					filter: (source) => !source.includes('.test.'),
				}),
			),
		);
		await installDependencies(manifest, modules);
		return { folder, remove };
	} catch (error) {
		await remove();
		throw error;
	}
}

/** Flat, from the checkout's own node_modules, where npm has put one version of each. */
async function installDependencies(
	{ dependencies = {} }: Manifest,
	modules: string,
	done = new Set<string>(),
): Promise<void> {
	for (const name of Object.keys(dependencies)) {
		if (done.has(name)) continue;
		done.add(name);
		const from = join(REPOSITORY, 'node_modules', name);
		await cp(from, join(modules, name), { recursive: true });
		await installDependencies(await readManifest(from), modules, done);
	}
}

async function readManifest(folder: string): Promise<Manifest> {
	return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
