/**
 * Ports nobody listens on.
 */
import { createServer } from 'node:net';

const TRIES = 50;

/**
 * The first free port from `first` on, at 127.0.0.1. `first` 0: any.
 *
 * @param taken promised to somebody who does not listen yet
 */
export async function freePort(first: number, taken?: number): Promise<number> {
	for (let attempt = 0; attempt < TRIES; attempt += 1) {
		const port = await listenBriefly(first === 0 ? 0 : first + attempt);
		if (port !== null && port !== taken) return port;
	}
	throw new Error(`None of the ports ${first} to ${first + TRIES - 1} is free`);
}

async function listenBriefly(port: number): Promise<number | null> {
	return await new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', (error: NodeJS.ErrnoException) => {
			if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
			else reject(error);
		});
		server.listen(port, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => {
				resolve(typeof address === 'object' && address ? address.port : null);
			});
		});
	});
}
