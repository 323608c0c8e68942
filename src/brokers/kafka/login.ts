/**
 * From the login of the settings to what the client wants: a password, or something that fetches tokens.
 */
import { createRequire } from 'node:module';
import type * as Signer from 'aws-msk-iam-sasl-signer-js';
import { EventBusError } from '../../kernel/errors';
import { bearerLogin } from './bearerLogin';
import type { SaslOptions } from './client';
import type { KafkaLogin } from './settings';

const TOKEN_TIMEOUT_MS = 10_000;
/** A token is used until so long before it expires, milliseconds. */
const RENEW_BEFORE_MS = 60_000;
/** What a token lives at least when its maker does not say, milliseconds. */
const ASSUMED_LIFE_MS = 120_000;

interface Token {
	readonly value: string;
	/** Milliseconds since the epoch. */
	readonly expiresAt: number;
}

export function saslOptions(login: KafkaLogin): SaslOptions | null {
	switch (login.mechanism) {
		case 'none':
			return null;
		case 'plain':
		case 'scram-sha-256':
		case 'scram-sha-512':
			return { mechanism: login.mechanism, username: login.user, password: login.password };
		case 'oauthbearer':
			return byToken(async () => await fetchToken(login));
		case 'aws-msk-iam':
			return byToken(async () => await signToken(login));
	}
}

function byToken(fetchOne: () => Promise<Token>): SaslOptions {
	return { mechanism: 'oauthbearer', authenticationProvider: bearerLogin(renewed(fetchOne)) };
}

/** Keeps a token until it is about to expire. */
export function renewed(fetchOne: () => Promise<Token>): () => Promise<string> {
	let current: Promise<Token> | null = null;
	let expiresAt = 0;
	return async () => {
		if (current && Date.now() < expiresAt - RENEW_BEFORE_MS) return (await current).value;
		expiresAt = Infinity;
		current = fetchOne();
		try {
			const token = await current;
			expiresAt = token.expiresAt;
			return token.value;
		} catch (error) {
			current = null;
			throw error;
		}
	};
}

async function fetchToken(login: KafkaLogin & { mechanism: 'oauthbearer' }): Promise<Token> {
	const { tokenUrl, clientId, clientSecret, scope } = login;
	const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
	const response = await fetch(tokenUrl, {
		method: 'POST',
		headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
		body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== '' && { scope }) }),
		signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
	}).catch((cause: unknown) => {
		throw new EventBusError('unreachable', 'The token URL does not answer', {
			cause,
			hint: 'Check Token URL in the credential',
		});
	});
	const answer = (await response.json().catch(() => ({}))) as {
		access_token?: unknown;
		expires_in?: unknown;
		error?: unknown;
	};
	if (!response.ok || typeof answer.access_token !== 'string') {
		const reason = typeof answer.error === 'string' ? `, ${answer.error.slice(0, 60)}` : '';
		throw new EventBusError('auth', `The token URL gave no token (HTTP ${response.status}${reason})`, {
			hint: 'Check Token URL, Client ID, Client Secret and Scope in the credential',
		});
	}
	const seconds = Number(answer.expires_in);
	const lifeMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : ASSUMED_LIFE_MS;
	return { value: answer.access_token, expiresAt: Date.now() + lifeMs };
}

async function signToken({ region, keys }: KafkaLogin & { mechanism: 'aws-msk-iam' }): Promise<Token> {
	// Only who uses it loads it.
	const { generateAuthToken, generateAuthTokenFromCredentialsProvider } = createRequire(__filename)(
		'aws-msk-iam-sasl-signer-js',
	) as typeof Signer;
	const signed = keys
		? await generateAuthTokenFromCredentialsProvider({
				region,
				awsCredentialsProvider: async () => ({
					accessKeyId: keys.accessKeyId,
					secretAccessKey: keys.secretAccessKey,
					...(keys.sessionToken !== '' && { sessionToken: keys.sessionToken }),
				}),
			})
		: await generateAuthToken({ region });
	return { value: signed.token, expiresAt: signed.expiryTime };
}
