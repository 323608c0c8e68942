/**
 * An entrance to a server that keeps everything in memory: forwards connections, and can be stopped and killed without
 * the server losing anything.
 *
 * Arguments: port to listen on, port to lead to; both on this machine.
 */
import { connect, createServer } from 'node:net';

const [, , from = '', to = ''] = process.argv;

// Without waiting for more to send, which costs 40 ms where small messages go to and fro.
createServer({ noDelay: true }, (client) => {
	const inside = connect({ port: Number(to), host: '127.0.0.1', noDelay: true });
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
