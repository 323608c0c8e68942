/**
 * Builds the package and packs it as npm would publish it, into build/. Unchanged sources are not built again.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprint } from './toolchain/fingerprint';
import { withLock } from './toolchain/lock';
import { SetupError, step, type Log } from './toolchain/log';
import { npm } from './toolchain/npm';
import { BUILD, REPO } from './toolchain/paths';
import { runLogged } from './toolchain/runLogged';

/** Everything that decides what is in the tarball. */
const INPUTS = [
	'package.json',
	'tsconfig.json',
	'gulpfile.js',
	'index.js',
	'README.md',
	'LICENSE',
	'CHANGELOG.md',
	'credentials',
	'nodes',
	'src',
	'workflows',
];

const FOLDER = join(BUILD, 'package');
/** Says which sources dist/ was made of. */
const DIST_STAMP = join(BUILD, 'package', 'dist-made-of');

/** Builds dist/ when the sources changed since. @throws SetupError when it does not compile */
export async function buildPackage(log: Log): Promise<void> {
	await withLock(`${FOLDER}.lock`, log, async () => {
		await build(log, await sources());
	});
}

/** @returns the .tgz. @throws SetupError when it does not compile */
export async function packTarball(log: Log): Promise<string> {
	return await withLock(`${FOLDER}.lock`, log, async () => {
		const made = await sources();
		await build(log, made);
		const folder = join(FOLDER, made);
		const packed = await tarballIn(folder);
		if (packed) return packed;
		await removeOlder(made);
		await mkdir(folder, { recursive: true });
		await npm({
			args: ['pack', '--ignore-scripts', '--pack-destination', folder],
			cwd: REPO,
			logFile: join(FOLDER, 'pack.log'),
			log,
		});
		const tarball = await tarballIn(folder);
		if (!tarball) throw new SetupError(`npm pack made no file in ${folder}`);
		return tarball;
	});
}

async function build(log: Log, made: string): Promise<void> {
	const last = await readFile(DIST_STAMP, 'utf8').catch(() => '');
	if (last === made && existsSync(join(REPO, 'dist'))) return;
	await step(log, 'Building the package', async () => {
		await rm(DIST_STAMP, { force: true });
		await runLogged({
			command: process.execPath,
			args: [join(REPO, 'node_modules', 'gulp', 'bin', 'gulp.js'), 'build'],
			cwd: REPO,
			logFile: join(FOLDER, 'build.log'),
		});
		await writeFile(DIST_STAMP, made);
	});
}

async function sources(): Promise<string> {
	return await fingerprint(REPO, INPUTS, (path) => !path.endsWith('.test.ts'));
}

async function tarballIn(folder: string): Promise<string | null> {
	const names = await readdir(folder).catch(() => []);
	const name = names.find((candidate) => candidate.endsWith('.tgz'));
	return name ? join(folder, name) : null;
}

async function removeOlder(current: string): Promise<void> {
	for (const entry of await readdir(FOLDER, { withFileTypes: true })) {
		if (!entry.isDirectory() || entry.name === current) continue;
		await rm(join(FOLDER, entry.name), { recursive: true, force: true });
	}
}
