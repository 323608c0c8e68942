/**
 * An entrance to a server that keeps everything in memory: forwards connections, and can be stopped and killed without
 * the server losing anything.
 *
 * Arguments: port to listen on, port to lead to; both on this machine.
 */
import { connect, createServer } from 'node:net';

const [, , from = '', to = ''] = process.argv;

createServer((client) => {
	const inside = connect(Number(to), '127.0.0.1');
	client.pipe(inside);
	inside.pipe(client);
	for (const socket of [client, inside]) {
		socket.once('error', () => undefined);
		socket.once('close', () => {
			client.destroy();
			inside.destroy();
		});
	}
}).listen(Number(from), '127.0.0.1');
