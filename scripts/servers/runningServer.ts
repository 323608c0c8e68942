/**
 * From a process that can be started to a server that tests work with. Its folder goes with it, also when it never starts.
 */
import type { Server } from './server';
import type { ServerFolder } from './serverFolder';
import type { ServerProcess } from './serverProcess';

export const HOST = '127.0.0.1';

export interface ServerParts {
	readonly process: ServerProcess;
	readonly folder: ServerFolder;
	readonly port: number;
	/** As EVENT_BUS_URL, for a port. */
	readonly url: (port: number) => string;
	/** Writes what the process reads at its start. */
	readonly prepare?: () => Promise<void>;
}

export async function runningServer({ process, folder, port, url, prepare }: ServerParts): Promise<Server> {
	try {
		await prepare?.();
		await process.start();
	} catch (error) {
		await folder.release();
		throw error;
	}
	return {
		host: HOST,
		port,
		url: (through = port) => url(through),
		stop: async () => await process.stop(),
		kill: async () => await process.kill(),
		startAgain: async () => await process.start(),
		[Symbol.asyncDispose]: async () => {
			await process.kill();
			await folder.release();
		},
	};
}
