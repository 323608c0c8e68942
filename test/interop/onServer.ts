/**
 * Promises to people whose services are not ours: each is kept on a real server, with a client that knows nothing of us.
 */
import { brokerFromUrl } from '../../src/broker/registry';
import type { EventEnvelope } from '../../src/event/envelope';
import { serverRecipeOf } from '../../scripts/servers';
import type { Server } from '../../scripts/servers/server';
import type { BrokerUnderTest } from '../conformance/brokerUnderTest';
import { runCase } from '../conformance/case';
import { peacefulBroker } from '../conformance/peacefulBroker';
import type { Consuming, Rig } from '../conformance/rig';
import { until } from '../conformance/waiting';

/** What a promise works with: a bus of ours, and where the server listens for the clients of others. */
export interface Both {
	readonly rig: Rig;
	readonly server: Server;
}

const START_MS = 120_000;
const LIMIT_MS = 60_000;
const CLEAN_UP_MS = 20_000;

/** @param kind of the broker; its server is started for this file and gone after it */
export function onServer(kind: string, prepare: () => Promise<unknown>) {
	let server: Server | null = null;
	beforeAll(async () => {
		await prepare();
		server = await startServer(kind);
	}, START_MS);
	afterAll(async () => await server?.[Symbol.asyncDispose](), START_MS);

	const running = (): Server => {
		if (server) return server;
		throw new Error(`The server of ${kind} is not started`);
	};
	return {
		server: running,
		/** One test. Everything it opens on our side is closed and removed with it. */
		promise(says: string, keep: (both: Both) => Promise<void>): void {
			it(
				says,
				async () => {
					const run = async (rig: Rig) => await keep({ rig, server: running() });
					const broker = ourSide(running());
					const outcome = await runCase({ number: null, name: 'interop', says, limitMs: LIMIT_MS, run }, broker);
					if (outcome.result === 'failed') throw outcome.error;
				},
				LIMIT_MS + CLEAN_UP_MS,
			);
		},
	};
}

/** @throws SetupError that says what is missing */
export async function startServer(kind: string): Promise<Server> {
	const recipe = serverRecipeOf(kind);
	if (!recipe) throw new Error(`There is no recipe for a server of ${kind}`);
	await recipe.ensure(() => undefined);
	return await recipe.start();
}

/** What our consumer got, once it has that many. */
export async function received(by: Consuming, count = 1): Promise<readonly EventEnvelope[]> {
	await until(`${count} events reach us`, () => by.runs.length >= count, 20_000);
	return by.runs.map(({ event }) => event);
}

/** The one event our consumer got. */
export async function theEvent(by: Consuming): Promise<EventEnvelope> {
	const [event, ...others] = await received(by);
	if (!event || others.length > 0) throw new Error(`${others.length + 1} events came, not one`);
	return event;
}

/** Nothing here fails on purpose, so there are no accidents to offer. */
function ourSide(server: Server): BrokerUnderTest {
	const { manifest, settings } = brokerFromUrl(server.url());
	return peacefulBroker(manifest, () => settings);
}
