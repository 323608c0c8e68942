/**
 * The parts of `npm test`, in the order in which they run: what fails fast comes first.
 */
import { manifests } from '../../src/broker/registry';
import { messageOf } from '../../src/kernel/errors';
import { clearMatrices, readMatrices, renderTally } from '../../test/conformance/matrix';
import { packTarball } from '../packTarball';
import { serverRecipes } from '../servers';
import { postgresServer } from '../servers/postgres';
import { redisStreamsServer } from '../servers/redis';
import type { ServerRecipe } from '../servers/server';
import { ensureChromium } from '../toolchain/chromium';
import { ensureEngine } from '../toolchain/engine';
import type { Log } from '../toolchain/log';
import { ensureN8n } from '../toolchain/n8n';
import { ensureRedisServer } from '../toolchain/redisServer';
import { NOTHING, ONE_FAILED, sum, type Counts } from './counts';
import { check, hasTests, jest } from './run';

export interface Part {
	readonly name: string;
	/** What it shows, for the heading. */
	readonly title: string;
	/** Sets up what it needs, and runs. @throws when it cannot be set up, which counts as a failure */
	run(log: Log): Promise<Counts>;
}

/** Real servers, browsers and kill -9: one file after the other, and minutes where others take seconds. */
const SLOW = ['--runInBand', '--testTimeout=300000'];

/** These tests mostly wait, so there may be more of them than cores; with all servers at once the slow ones miss their limits. */
const SIDE_BY_SIDE = '--maxWorkers=6';

export const parts: readonly Part[] = [
	{
		name: 'lint',
		title: 'ESLint and Prettier',
		run: async () => sum([await check('eslint', ['.']), await check('prettier', ['--check', '--log-level=warn', '.'])]),
	},
	{
		name: 'unit',
		title: 'single functions and classes',
		run: async () => await jest('unit', ['src', 'nodes', 'credentials', 'scripts']),
	},
	{
		name: 'architecture',
		title: 'rings, packaging, what loads what',
		async run(log) {
			await packTarball(log);
			return await jest('architecture', ['test/architecture']);
		},
	},
	{
		name: 'conformance',
		title: 'the rules of delivery, on every broker',
		async run(log) {
			const unavailable = await ensureServers(log, [...serverRecipes, postgresServer]);
			clearMatrices();
			const counts = await jest('conformance', ['test/conformance'], [SIDE_BY_SIDE]);
			return sum([unavailable, counts, tellResults(log)]);
		},
	},
	{
		name: 'store',
		title: 'the rules of the event store, on SQLite and PostgreSQL',
		async run(log) {
			// Redis: a bus that is away while events wait in the outbox.
			const unavailable = await ensureServers(log, [postgresServer, redisStreamsServer]);
			return sum([unavailable, await jest('store', ['test/store'], ['--maxWorkers=4', '--testTimeout=120000'])]);
		},
	},
	{
		name: 'saga',
		title: 'sagas that are killed, raced and cut off, on SQLite and PostgreSQL',
		async run(log) {
			const unavailable = await ensureServers(log, [postgresServer]);
			return sum([unavailable, await jest('saga', ['test/saga'], ['--maxWorkers=2', '--testTimeout=180000'])]);
		},
	},
	{
		name: 'brokers',
		title: "each broker's own: foreign queues, rights, TLS, recovery",
		async run(log) {
			if (!hasTests('test/brokers')) return NOTHING;
			const unavailable = await ensureServers(log);
			const args = [SIDE_BY_SIDE, '--testTimeout=120000'];
			return sum([unavailable, await jest('brokers', ['test/brokers'], args)]);
		},
	},
	{
		name: 'interop',
		title: 'services in other languages, and libraries of others',
		async run(log) {
			if (!hasTests('test/interop')) return NOTHING;
			const unavailable = await ensureServers(log);
			const { nodePath } = await ensureEngine(log);
			await packTarball(log);
			// One file after the other: they install the clients they need, and apt-get knows no neighbour.
			const counts = await jest('interop', ['test/interop'], SLOW, { EVENT_BUS_ENGINE_PATH: nodePath });
			return sum([unavailable, counts]);
		},
	},
	{
		name: 'engine',
		title: "workflows in n8n's engine",
		async run(log) {
			const { nodePath } = await ensureEngine(log);
			const env = { EVENT_BUS_ENGINE_PATH: nodePath };
			// They wait for n8n most of their time; Jest alone would leave a core idle.
			const args = ['--maxWorkers=2', '--testTimeout=60000'];
			return await jest('engine', ['test/engine', 'test/workflows'], args, env);
		},
	},
	{
		name: 'e2e',
		title: 'a real n8n in a real browser',
		async run(log) {
			await ensureN8n(log);
			await packTarball(log);
			const programs = { CHROMIUM: await ensureChromium(log), REDIS_SERVER: await ensureRedisServer(log) };
			return await jest('e2e', ['test/e2e'], SLOW, programs);
		},
	},
	{
		name: 'chaos',
		title: 'n8n killed, and brokers gone, in mid-flood',
		async run(log) {
			const unavailable = await ensureServers(log);
			await ensureN8n(log);
			await packTarball(log);
			return sum([unavailable, await jest('chaos', ['test/chaos'], SLOW)]);
		},
	},
];

/** A server that cannot be had is a failure, and no reason to leave out the others. */
async function ensureServers(log: Log, recipes: readonly ServerRecipe[] = serverRecipes): Promise<Counts> {
	let unavailable = NOTHING;
	for (const recipe of recipes) {
		try {
			await recipe.ensure(log);
		} catch (error) {
			log(`${recipe.title} cannot be started: ${messageOf(error)}`);
			unavailable = sum([unavailable, ONE_FAILED]);
		}
	}
	return unavailable;
}

/** A broker that left no result has failed, even if nothing says so. */
function tellResults(log: Log): Counts {
	const results = readMatrices();
	log('');
	for (const line of renderTally(results)) log(line);
	const missing = manifests.filter(({ kind }) => !results.some((result) => result.kind === kind));
	for (const { label } of missing) log(`${label}: no result`);
	return sum([NOTHING, ...missing.map(() => ONE_FAILED)]);
}
