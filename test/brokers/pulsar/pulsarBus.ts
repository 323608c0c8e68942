/**
 * Our side of a Pulsar that a test has started: a rig for publishing and consuming on it, and the admin API by hand.
 */
import { createHmac } from 'node:crypto';
import { pulsarServer, startPulsar, type PulsarOptions } from '../../../scripts/servers/pulsar';
import type { Server } from '../../../scripts/servers/server';
import { checkSettings } from '../../../src/broker/settings';
import type { Native } from '../../../src/broker/types';
import { pulsar } from '../../../src/brokers/pulsar/manifest';
import { peacefulBroker } from '../../conformance/peacefulBroker';
import { Rig } from '../../conformance/rig';
import { ensurePulsarClient } from '../../interop/pulsarClient';

export async function start(options: PulsarOptions = {}): Promise<Server> {
	await pulsarServer.ensure(() => undefined);
	await ensurePulsarClient();
	return await startPulsar(options);
}

/** What it opens is closed with `await using`; the channels it used are removed where it may do so. */
export function rigOn(settings: Native): Rig {
	const checked = checkSettings(pulsar, settings);
	return new Rig(
		peacefulBroker(pulsar, () => checked),
		'pulsar',
	);
}

export interface AdminAnswer {
	readonly status: number;
	readonly body: unknown;
}

/** @param path below /admin/v2/ */
export async function admin(
	{ host, port }: Server,
	method: 'GET' | 'PUT' | 'POST' | 'DELETE',
	path: string,
	{ body, token }: { readonly body?: unknown; readonly token?: string } = {},
): Promise<AdminAnswer> {
	const response = await fetch(`http://${host}:${port}/admin/v2/${path}`, {
		method,
		headers: {
			'content-type': 'application/json',
			connection: 'close',
			...(token !== undefined && { authorization: `Bearer ${token}` }),
		},
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	const text = await response.text();
	return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

/** A JSON Web Token that a server with this key accepts. */
export function tokenOf(role: string, secret: Uint8Array): string {
	const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: role })}`;
	return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
