/**
 * This package, laid out as n8n's own installer leaves it: `<folder>/nodes/node_modules/n8n-nodes-event-bus`, without
 * development dependencies, so that it takes n8n-workflow from its host. A link to the checkout would bring a second copy.
 */
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

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
		await linkDependencies(manifest, modules);
		return { folder, remove };
	} catch (error) {
		await remove();
		throw error;
	}
}

/**
 * Links into the checkout, where each finds what it needs in turn: copies would be thousands of files a test. None of them
 * asks for n8n-workflow, which alone must not be found there.
 */
async function linkDependencies({ dependencies = {} }: Manifest, modules: string): Promise<void> {
	for (const name of Object.keys(dependencies)) {
		const link = join(modules, name);
		await mkdir(dirname(link), { recursive: true });
		await symlink(join(REPOSITORY, 'node_modules', name), link, 'dir');
	}
}

async function readManifest(folder: string): Promise<Manifest> {
	return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
