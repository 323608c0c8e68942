import { createServer, type Server } from 'node:net';
import { freePort } from './freePort';

async function listen(port: number): Promise<Server> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	return server;
}

async function close(server: Server): Promise<void> {
	await new Promise((resolve) => server.close(resolve));
}

describe('a free port', () => {
	it('is one that can be listened on', async () => {
		const port = await freePort(0);
		await close(await listen(port));
	});

	it('is above the first when somebody listens there', async () => {
		const first = await freePort(0);
		const server = await listen(first);
		try {
			expect(await freePort(first)).toBeGreaterThan(first);
		} finally {
			await close(server);
		}
	});

	it('is not one that was promised to another', async () => {
		const promised = await freePort(0);
		expect(await freePort(promised, promised)).not.toBe(promised);
	});
});
