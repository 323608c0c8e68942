/**
 * A consumer in a process of its own (children.ts): reports every run, ends only by being killed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startConsumer } from '../../src/consumer/consumer';
import { defaultConsumerSettings } from '../../src/consumer/settings';
import type { Verdict } from '../../src/consumer/types';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import type { ChildReport, ConsumerBrief } from './children';
import { loadManifest, openIn } from './childConnection';
import { MemoryInbox } from './memory/memoryInbox';
import { fails } from './recorder';

process.once('message', (brief: ConsumerBrief) => {
	consume(brief).then(
		() => report({ kind: 'ready' }),
		(error: unknown) => report({ kind: 'failed', error: String(error) }),
	);
});

// An orphan must not outlive its test.
process.once('disconnect', () => process.exit(1));

async function consume(brief: ConsumerBrief): Promise<void> {
	const { consumer, work } = brief;
	const manifest = await loadManifest(brief);
	// A file of its own would be shared by the processes of a host; no broker that runs here needs it yet.
	const inbox = new MemoryInbox(() => Date.now());
	const settings = { ...defaultConsumerSettings, types: ['#'], group: 'group', ...consumer };
	await startConsumer(
		settings,
		async (received) => {
			const reports = received.map(({ event, delivery }) => ({ id: event.event_id, attempt: delivery.attempt }));
			for (const one of reports) report({ kind: 'run-started', ...one });
			// Far longer than any case: the parent kills this process.
			await sleep(work.as === 'hang' ? 600_000 : work.workMs);
			for (const one of reports) report({ kind: 'run-ended', ...one });
			return received.map((): Verdict => (work.as === 'fail' ? fails() : { as: 'done' }));
		},
		{
			connect: async (signal) => await openIn(manifest, brief, signal),
			fallbackInbox: async () => inbox,
			broker: manifest.kind,
			capabilities: manifest.capabilities,
			instance: `child-${process.pid}`,
			logger: silentLogger,
			clock: systemClock,
			random: () => 0.5,
			observe: () => undefined,
			onFatal: (error) => report({ kind: 'failed', error: error.message }),
		},
	);
}

function report(what: ChildReport): void {
	process.send?.(what);
}
