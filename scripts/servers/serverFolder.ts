/**
 * The folder a server keeps its data in: given and kept, or temporary and removed with the server.
 */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ServerFolder {
	readonly path: string;
	/** Removes it if it is temporary. */
	release(): Promise<void>;
}

/** @param kind part of the name of a temporary folder */
export async function serverFolder(kind: string, given: string | undefined): Promise<ServerFolder> {
	if (given !== undefined) {
		await mkdir(given, { recursive: true });
		return { path: given, release: async () => undefined };
	}
	const path = await mkdtemp(join(await realpath(tmpdir()), `event-bus-${kind}-`));
	return { path, release: async () => await rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
