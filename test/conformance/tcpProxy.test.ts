import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { TcpProxy } from './tcpProxy';
import { pause } from './waiting';

/** A server that answers what it hears. */
async function startEcho() {
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => socket.destroy());
		socket.pipe(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
}

/** Counts what comes back, and remembers how the link ended. */
async function dial(port: number) {
	const socket = connect({ host: '127.0.0.1', port });
	let heard = '';
	let error = '';
	socket.on('data', (bytes) => (heard += bytes.toString()));
	socket.on('error', (cause) => (error = cause.message));
	await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
	return {
		socket,
		say: (text: string) => socket.write(text),
		heard: () => heard,
		ended: async () => (socket.closed ? undefined : await once(socket, 'close').catch(() => undefined)),
		error: () => error,
		[Symbol.dispose]: () => socket.destroy(),
	};
}

async function hears(client: { heard(): string }, text: string): Promise<void> {
	while (!client.heard().includes(text)) await pause(5);
}

describe('the TCP proxy', () => {
	it('carries bytes both ways', async () => {
		await using echo = await startEcho();
		await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: echo.port });
		using client = await dial(proxy.port);
		client.say('hello');
		await hears(client, 'hello');
		expect(client.heard()).toBe('hello');
	});

	it('resets links that exist and links that are made while it is cut', async () => {
		await using echo = await startEcho();
		await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: echo.port });
		using before = await dial(proxy.port);
		before.say('hello');
		await hears(before, 'hello');
		await proxy.cut();
		await before.ended();
		using during = await dial(proxy.port);
		await during.ended();
		expect(during.heard()).toBe('');
		await proxy.heal();
		using after = await dial(proxy.port);
		after.say('again');
		await hears(after, 'again');
	});

	it('swallows everything as a black hole, without a reset, until it is healed', async () => {
		await using echo = await startEcho();
		await using proxy = await TcpProxy.start({ host: '127.0.0.1', port: echo.port });
		using old = await dial(proxy.port);
		old.say('before');
		await hears(old, 'before');
		await proxy.blackHole();
		old.say('lost');
		using young = await dial(proxy.port);
		young.say('lost');
		await pause(200);
		expect([old.socket.closed, young.socket.closed]).toEqual([false, false]);
		expect([old.heard(), young.heard()]).toEqual(['before', '']);
		await proxy.heal();
		await Promise.all([old.ended(), young.ended()]);
		using after = await dial(proxy.port);
		after.say('after');
		await hears(after, 'after');
		expect(after.heard()).toBe('after');
	});
});
