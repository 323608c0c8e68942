/**
 * Runs the projection over the log of a store, and tells of each batch. Ends only by kill -9.
 */
import { startConsumer } from '../../../src/consumer/consumer';
import { defaultConsumerSettings } from '../../../src/consumer/settings';
import type { ReceivedEvent } from '../../../src/consumer/types';
import { systemClock } from '../../../src/kernel/clock';
import { silentLogger } from '../../../src/kernel/logger';
import type { StoreEngine } from '../../../src/store/engine';
import { LOG_CAPABILITIES } from '../../../src/store/log/capabilities';
import { LogConnection } from '../../../src/store/log/connection';
import { storeFromUrl } from '../../../src/store/stores';
import { CATEGORY, changeOf, SUBSCRIPTION } from './projection';

export interface ProjectionBrief {
	/** As EVENT_STORE_URL. */
	readonly storeUrl: string;
	/** Events at once. */
	readonly batchSize: number;
	/** How long a killed process keeps its successor waiting, milliseconds. */
	readonly leaseMs: number;
	/**
	 * From this position on: kill -9 in the moment in which a batch is stored, and not settled yet. null: lives until it is
	 * killed.
	 */
	readonly diesAt: number | null;
}

/** Where in the log a batch lies, told before it is processed. */
export interface BatchReport {
	readonly first: number;
	readonly last: number;
}

const STORED_WITHIN_MS = 30_000;

// An orphan must not outlive its test.
process.once('disconnect', () => process.exit(1));

async function main({ storeUrl, batchSize, leaseMs, diesAt }: ProjectionBrief): Promise<void> {
	const instance = `projection-${process.pid}`;
	const { manifest, settings } = storeFromUrl(storeUrl);
	const open = async (signal: AbortSignal) =>
		await manifest.open(settings, { clock: systemClock, logger: silentLogger, clientName: instance, signal });
	await using engine = await open(AbortSignal.timeout(20_000));
	await startConsumer(
		{
			...defaultConsumerSettings,
			from: { kind: 'channel', channel: 'log' },
			types: ['#'],
			group: SUBSCRIPTION,
			start: { at: 'committed', otherwise: { at: 'earliest' } },
			order: 'key',
			batch: { size: batchSize, waitMs: 50 },
			leaseMs,
		},
		async (received) => {
			process.send?.(placeOf(received));
			const changes = received.map(({ event }) => changeOf(event));
			const call = { signal: AbortSignal.timeout(STORED_WITHIN_MS), timeoutMs: STORED_WITHIN_MS };
			await engine.write('transact', { changes }, call);
			if (diesAt !== null && placeOf(received).last >= diesAt) process.kill(process.pid, 'SIGKILL');
			return received.map(() => ({ as: 'done' }) as const);
		},
		{
			connect: async (signal) => logConnection(await open(signal)),
			fallbackInbox: async () => engine.inbox,
			broker: 'event-store',
			capabilities: LOG_CAPABILITIES,
			instance,
			logger: silentLogger,
			clock: systemClock,
			random: () => 0.5,
			observe: () => undefined,
			onFatal: (error) => {
				throw error;
			},
		},
	);
	await new Promise(() => undefined);
}

function logConnection(engine: StoreEngine): LogConnection {
	const host = {
		engine,
		clock: systemClock,
		logger: silentLogger,
		capabilities: LOG_CAPABILITIES,
		lanes: 'log',
	} as const;
	return new LogConnection(host, {
		filterOf: () => ({ category: CATEGORY }),
		nameOf: (_source, group) => group,
		close: async () => await engine[Symbol.asyncDispose](),
	});
}

function placeOf(received: readonly ReceivedEvent[]): BatchReport {
	const positions = received.map(({ stored }) => stored?.position ?? 0);
	return { first: Math.min(...positions), last: Math.max(...positions) };
}

void main(JSON.parse(process.argv[2] ?? '') as ProjectionBrief);
