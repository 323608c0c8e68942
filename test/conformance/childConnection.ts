/**
 * The broker under test, as a child process finds it.
 */
import type { BrokerConnection, BrokerManifest } from '../../src/broker/types';
import { systemClock } from '../../src/kernel/clock';
import { silentLogger } from '../../src/kernel/logger';
import type { ChildBrief } from './children';

export async function loadManifest({ manifest }: ChildBrief): Promise<BrokerManifest> {
	const exports = (await import(manifest.module)) as Record<string, BrokerManifest | undefined>;
	const found = exports[manifest.exportName];
	if (!found) throw new Error(`${manifest.module} exports no ${manifest.exportName}`);
	return found;
}

export async function openIn(
	manifest: BrokerManifest,
	{ settings }: ChildBrief,
	signal: AbortSignal,
): Promise<BrokerConnection> {
	return await manifest.open(settings, {
		logger: silentLogger,
		clock: systemClock,
		clientName: 'conformance child',
		signal,
	});
}
