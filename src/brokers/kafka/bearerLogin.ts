/**
 * The login by token (SASL OAUTHBEARER, RFC 7628). The client library has one as well, which does not read the answer of
 * a server that refuses the token, and goes on as if it were logged in.
 */
import { EventBusError } from '../../kernel/errors';

/** What the library calls for each connection. */
export interface LoginProvider {
	(link: { readonly saslAuthenticate: (exchange: LoginExchange) => Promise<unknown> }): {
		authenticate(): Promise<void>;
	};
}

interface LoginExchange {
	readonly request: { encode(): Promise<Buffer> };
	readonly response: {
		decode(answer: Buffer): Promise<Buffer>;
		parse(answer: Buffer): Promise<void>;
	};
}

const SEPARATOR = '\u0001';
const LENGTH_BYTES = 4;

export function bearerLogin(token: () => Promise<string>): LoginProvider {
	return ({ saslAuthenticate }) => ({
		authenticate: async () => {
			const message = firstMessage(await token());
			await saslAuthenticate({
				request: { encode: async () => message },
				response: {
					decode: async (answer) => answer.subarray(LENGTH_BYTES),
					parse: async (answer) => {
						if (answer.length > 0) throw refusal(answer.toString());
					},
				},
			});
		},
	});
}

function firstMessage(token: string): Buffer {
	const text = Buffer.from(`n,,${SEPARATOR}auth=Bearer ${token}${SEPARATOR}${SEPARATOR}`);
	const length = Buffer.alloc(LENGTH_BYTES);
	length.writeInt32BE(text.length);
	return Buffer.concat([length, text]);
}

/** @param answer JSON with a `status` */
function refusal(answer: string): EventBusError {
	const [, status = 'no reason given'] = /"status"\s*:\s*"([^"]{1,100})"/.exec(answer) ?? [];
	return new EventBusError('auth', `Kafka refused the token of the login: ${status}`, {
		hint: 'Check that the token is made for this cluster and still holds: scope, audience, and the clocks of both sides',
	});
}
