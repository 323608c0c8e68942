/**
 * The parts of `npm test`, in the order in which they run: what fails fast comes first.
 */
import { packTarball } from '../packTarball';
import { ensureChromium } from '../toolchain/chromium';
import { ensureEngine } from '../toolchain/engine';
import type { Log } from '../toolchain/log';
import { ensureN8n } from '../toolchain/n8n';
import { ensureRedisServer } from '../toolchain/redisServer';
import { sum, type Counts } from './counts';
import { check, jest } from './run';

export interface Part {
	readonly name: string;
	/** What it shows, for the heading. */
	readonly title: string;
	/** Sets up what it needs, and runs. @throws when it cannot be set up, which counts as a failure */
	run(log: Log): Promise<Counts>;
}

/** Real servers, browsers and kill -9: one file after the other, and minutes where others take seconds. */
const SLOW = ['--runInBand', '--testTimeout=300000'];

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
		run: async () => await jest('conformance', ['test/conformance']),
	},
	{
		name: 'engine',
		title: "workflows in n8n's engine",
		async run(log) {
			const { nodePath } = await ensureEngine(log);
			const env = { EVENT_BUS_ENGINE_PATH: nodePath };
			return await jest('engine', ['test/engine', 'test/workflows'], ['--testTimeout=60000'], env);
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
		title: 'n8n killed in mid-flood',
		async run(log) {
			await ensureN8n(log);
			await packTarball(log);
			return await jest('chaos', ['test/chaos'], SLOW);
		},
	},
];
