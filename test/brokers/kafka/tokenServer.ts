/**
 * A token endpoint of OAuth 2 for client credentials, with the unsecured tokens that Kafka's own handler for tests takes.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { freePort } from '../../../scripts/n8n/freePort';

export interface TokenServer extends AsyncDisposable {
	readonly url: string;
	/** Bodies of the requests that were answered with a token. */
	readonly given: readonly string[];
}

export interface TokenServerOptions {
	readonly clientId: string;
	readonly clientSecret: string;
	/** What a token lives, seconds. */
	readonly lifeSeconds: number;
}

export async function startTokenServer({
	clientId,
	clientSecret,
	lifeSeconds,
}: TokenServerOptions): Promise<TokenServer> {
	const given: string[] = [];
	const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk) => (body += String(chunk)));
		request.on('end', () => {
			const isKnown = request.headers.authorization === expected;
			response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
			if (!isKnown) return response.end(JSON.stringify({ error: 'invalid_client' }));
			given.push(body);
			return response.end(JSON.stringify({ access_token: tokenFor(clientId, lifeSeconds), expires_in: lifeSeconds }));
		});
	});
	const port = await freePort(0);
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${port}/oauth2/token`,
		given,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/** JSON Web Signature without a signature (RFC 7515, appendix A.5). */
function tokenFor(subject: string, lifeSeconds: number): string {
	const now = Math.floor(Date.now() / 1000);
	const parts = [{ alg: 'none' }, { sub: subject, iat: now, exp: now + lifeSeconds }];
	return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
}
