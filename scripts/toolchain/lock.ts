/**
 * A lock between processes: a folder, because making one is atomic everywhere. Its file says who holds it.
 *
 * It only spares double work. What it guards must stay right when two hold it at once, which can happen when both find
 * the same dead owner.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './errorCode';
import type { Log } from './log';

const POLL_MS = 500;
/** A lock without owner is one whose maker died between two calls, or is just making it. */
const OWNERLESS_MS = 10_000;

export async function withLock<T>(folder: string, log: Log, work: () => Promise<T>): Promise<T> {
	await acquire(folder, log);
	try {
		return await work();
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function acquire(folder: string, log: Log): Promise<void> {
	await mkdir(dirname(folder), { recursive: true });
	let waiting = false;
	while (!(await make(folder))) {
		if (await isAbandoned(folder)) {
			await rm(folder, { recursive: true, force: true });
			continue;
		}
		if (!waiting) log(`  another process is at it, waiting (${folder})`);
		waiting = true;
		await sleep(POLL_MS);
	}
}

async function make(folder: string): Promise<boolean> {
	try {
		await mkdir(folder);
	} catch (error) {
		if (errorCode(error) === 'EEXIST') return false;
		throw error;
	}
	await writeFile(join(folder, 'owner'), String(process.pid));
	return true;
}

async function isAbandoned(folder: string): Promise<boolean> {
	const owner = Number(await readFile(join(folder, 'owner'), 'utf8').catch(() => ''));
	if (owner > 0) return !isRunning(owner);
	const madeAt = await stat(folder).then(
		({ mtimeMs }) => mtimeMs,
		() => 0,
	);
	return Date.now() - madeAt > OWNERLESS_MS;
}

export function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: it runs, as somebody else.
		return errorCode(error) === 'EPERM';
	}
}
