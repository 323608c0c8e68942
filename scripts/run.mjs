/**
 * Entry of `npm start`, `npm test` and `npm run memory` on a fresh clone: nothing but Node 20 and npm may be assumed here.
 *
 * Installs the project's own libraries, compiles, and hands over to what was compiled (scripts/launch.ts). Everything
 * that needs more thought is TypeScript and lives there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MIN_NODE = 20;
const repo = fileURLToPath(new URL('..', import.meta.url));
const [script = '', ...args] = process.argv.slice(2);

if (Number.parseInt(process.versions.node, 10) < MIN_NODE) {
	fail(`Node ${process.versions.node} is too old: version ${MIN_NODE} or newer is needed (nodejs.org).`);
}
installLibraries();
compile();
await createRequire(import.meta.url)('../build/scripts/launch.js').launch(script, args);

function installLibraries() {
	if (librariesMatchLock()) return;
	console.log("· Installing the project's libraries (npm ci, about a minute) …");
	const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
	const ci = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
	for (const lastTry of [false, true]) {
		const [command, ...first] = npm;
		// npm is a .cmd file on Windows, which only a shell can start.
		const shell = process.platform === 'win32' && command === 'npm';
		const result = spawnSync(command, [...first, ...ci], { cwd: repo, stdio: 'inherit', shell });
		if (result.status === 0) break;
		if (lastTry) fail('npm ci failed; its messages are above. Is the registry reachable?');
		console.log('  npm ci failed, trying once more');
	}
}

/** npm keeps a copy of the lock file beside what it has installed, written when it is done. */
function librariesMatchLock() {
	const copy = join(repo, 'node_modules', '.package-lock.json');
	if (!existsSync(copy)) return false;
	const installed = JSON.parse(readFileSync(copy, 'utf8')).packages;
	const locked = JSON.parse(readFileSync(join(repo, 'package-lock.json'), 'utf8')).packages;
	return Object.entries(locked).every(([path, { version, optional }]) => {
		// What is optional may be missing: it is for another system.
		return path === '' || (optional && !installed[path]) || installed[path]?.version === version;
	});
}

function compile() {
	console.log('· Compiling …');
	const tsc = join(repo, 'node_modules', 'typescript', 'bin', 'tsc');
	const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.test.json'], { cwd: repo, stdio: 'inherit' });
	if (result.status !== 0) fail('The sources do not compile; the messages are above.');
}

function fail(message) {
	console.error(message);
	// Whoever counts reads the last line of `npm test`.
	if (script === 'test') console.log('0 passed, 1 failed');
	process.exit(1);
}
