/**
 * The broker that `npm start` runs with: what the environment says, or with `--broker` a server of our own.
 */
import { join, relative } from 'node:path';
import { brokerTitle } from '../nodes/shared/brokerTitle';
import { builtInUrl, defaultConnection } from '../nodes/shared/defaultConnection';
import { brokerFromUrl, type ChosenBroker, manifestOf, manifests } from '../src/broker/registry';
import type { BrokerManifest } from '../src/broker/types';
import { serverRecipeOf } from './servers';
import type { Server, ServerRecipe } from './servers/server';
import { SetupError, step, type Log } from './toolchain/log';
import { REPO } from './toolchain/paths';

export interface BrokerForStart extends AsyncDisposable {
	/** What n8n gets as EVENT_BUS_URL. */
	readonly url: string;
	readonly chosen: ChosenBroker;
	/** For the person who started it, a line each. */
	readonly facts: readonly (readonly [name: string, value: string])[];
}

export interface WantedBroker {
	/** As in its manifest; undefined: what the environment says. */
	readonly kind: string | undefined;
	/** N8N_USER_FOLDER: where the built-in broker has its file. */
	readonly userFolder: string;
	/** Keeps the data of servers between starts, a folder each; undefined: data goes with the server. */
	readonly serversFolder?: string;
}

/** 'kafka  Kafka', a line a broker. */
export function brokerList(): readonly string[] {
	const width = Math.max(...manifests.map(({ kind }) => kind.length));
	return manifests.map((manifest) => `${manifest.kind.padEnd(width)}  ${brokerTitle(manifest)}`);
}

/** @throws SetupError · EventBusError `settings` */
export async function brokerForStart(wanted: WantedBroker, log: Log): Promise<BrokerForStart> {
	const { kind, userFolder } = wanted;
	const environment = { ...process.env, N8N_USER_FOLDER: userFolder };
	const given = process.env.EVENT_BUS_URL?.trim() ?? '';
	const builtIn = builtInUrl(environment);
	if (kind === undefined) {
		// The environment may also say that there shall be no built-in one.
		defaultConnection(environment);
		return existing(given === '' ? builtIn : given);
	}
	const manifest = manifestOf(kind);
	if (isOf(manifest, given)) return existing(given);
	if (given !== '') log(`EVENT_BUS_URL is for another broker than ${kind}, so it is not used.`);
	const recipe = serverRecipeOf(kind);
	if (recipe) return await ownServer(recipe, wanted, log);
	if (isOf(manifest, builtIn)) return existing(builtIn);
	throw new SetupError(
		`${manifest.label} cannot be started here. Set EVENT_BUS_URL to one that runs (${manifest.schemes[0] ?? ''}:…).`,
	);
}

function isOf({ schemes }: BrokerManifest, url: string): boolean {
	return schemes.some((scheme) => url.toLowerCase().startsWith(`${scheme}:`));
}

function existing(url: string): BrokerForStart {
	const chosen = brokerFromUrl(url);
	const facts = [['Broker', chosen.manifest.describe(chosen.settings)]] as const;
	return { url, chosen, facts, [Symbol.asyncDispose]: async () => undefined };
}

async function ownServer(recipe: ServerRecipe, { serversFolder }: WantedBroker, log: Log): Promise<BrokerForStart> {
	const folder = serversFolder === undefined ? undefined : join(serversFolder, recipe.kind);
	await recipe.ensure(log);
	const server = await step(log, `Starting ${recipe.title}`, async () => {
		return await recipe.start(folder === undefined ? {} : { folder });
	});
	const { url, chosen, facts } = existing(server.url());
	const data = folder === undefined ? 'removed at the end' : relative(REPO, folder);
	return {
		url,
		chosen,
		facts: [...facts, ['Its data', data], ['Its URL', url]],
		[Symbol.asyncDispose]: async () => await end(server, folder !== undefined),
	};
}

/** In good order where the data is kept: killed, some servers take long to start again. */
async function end(server: Server, isKept: boolean): Promise<void> {
	try {
		if (isKept) await server.stop();
	} finally {
		await server[Symbol.asyncDispose]();
	}
}
