/**
 * The embedded broker as the suite sees it: a file of its own, other processes on it, and its lock taken by a stranger.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { embedded } from '../../../src/brokers/embedded/manifest';
import type { BrokerUnderTest } from '../brokerUnderTest';

export function embeddedUnderTest(): BrokerUnderTest {
	let folder = '';
	const file = () => path.join(folder, 'event-bus.db');
	return {
		manifest: embedded,
		start: async () => {
			folder = await mkdtemp(path.join(tmpdir(), 'event-bus-conformance-'));
		},
		stop: async () => await rm(folder, { recursive: true, force: true }),
		settings: () => ({ file: file() }),
		features: {
			restart: null,
			network: null,
			processes: { module: require.resolve('../../../src/brokers/embedded/manifest'), exportName: 'embedded' },
			lockStorage: async (ms) => await lockFor(file(), ms),
			// A dead process is noticed when its heartbeat is missed.
			ephemeralGoneMs: 60_000,
			// The least that a consumer may ask for; the janitor comes by once a minute.
			retentionMs: 1000,
		},
	};
}

async function lockFor(file: string, ms: number): Promise<void> {
	const child = fork(path.join(__dirname, 'lockProcess.js'), [file, String(ms)], { execArgv: [] });
	const [code] = (await once(child, 'exit')) as [number | null];
	if (code !== 0) throw new Error(`The process that holds the lock ended with ${String(code)}`);
}
