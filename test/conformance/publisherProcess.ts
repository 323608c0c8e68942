/**
 * A publisher in a process of its own (children.ts): publishes one event after the other, a few at a time, and reports
 * each whose publish resolved. Ends only by being killed.
 */
import { defaultConsumerSettings } from '../../src/consumer/settings';
import type { BrokerConnection } from '../../src/broker/types';
import { publishEvents } from '../../src/publisher/publish';
import { loadManifest, openIn } from './childConnection';
import type { ChildReport, PublisherBrief } from './children';
import { event } from './events';

const AT_ONCE = 5;

process.once('message', (brief: PublisherBrief) => {
	open(brief).then(
		(connection) => {
			report({ kind: 'ready' });
			for (let n = 0; n < AT_ONCE; n += 1) void publishForever(connection, brief);
		},
		(error: unknown) => report({ kind: 'failed', error: String(error) }),
	);
});

// An orphan must not outlive its test.
process.once('disconnect', () => process.exit(1));

async function open(brief: PublisherBrief): Promise<BrokerConnection> {
	return await openIn(await loadManifest(brief), brief, AbortSignal.timeout(10_000));
}

async function publishForever(connection: BrokerConnection, { to }: PublisherBrief): Promise<void> {
	for (;;) {
		const one = event();
		const [outcome] = await publishEvents(connection, to, [one], {
			format: 'event-bus',
			provision: defaultConsumerSettings.provision,
			capabilities: { maxBatch: 1, maxBytes: 64 * 1024 },
			signal: AbortSignal.timeout(10_000),
			timeoutMs: 10_000,
		});
		if (outcome?.ok) report({ kind: 'stored', id: one.event_id });
	}
}

function report(what: ChildReport): void {
	process.send?.(what);
}
