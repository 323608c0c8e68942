/**
 * Appends to one stream with exact versions, several writers at once, and ends. Arguments: URL of the store, name of this
 * process, writers, events a writer.
 */
import { systemClock } from '../../src/kernel/clock';
import { isEventBusError } from '../../src/kernel/errors';
import { silentLogger } from '../../src/kernel/logger';
import { EventStore } from '../../src/store/store';
import { storeFromUrl } from '../../src/store/stores';
import { event } from '../conformance/events';
import { times } from '../conformance/waiting';

async function main([url = '', name = '', writers = '0', count = '0']: readonly string[]): Promise<void> {
	const { manifest, settings } = storeFromUrl(url);
	const host = { clock: systemClock, logger: silentLogger, clientName: name };
	await using engine = await manifest.open(settings, { ...host, signal: AbortSignal.timeout(20_000) });
	const store = new EventStore(engine);
	const versions = (
		await Promise.all(times(Number(writers), async (writer) => await write(store, `${name}.${writer}`, Number(count))))
	).flat();
	process.send?.(versions);
}

/** @returns the versions it won */
async function write(store: EventStore, name: string, count: number): Promise<readonly number[]> {
	const call = { signal: new AbortController().signal, timeoutMs: 30_000 };
	const won: number[] = [];
	while (won.length < count) {
		let expect = 0;
		for await (const { version } of store.read('order-1', { ...call, backwards: true, limit: 1 })) expect = version;
		const one = event({ id: `${name}.${won.length}` });
		try {
			won.push((await store.append('order-1', [one], { ...call, expect })).version);
		} catch (error) {
			if (!isEventBusError(error) || error.code !== 'version-conflict') throw error;
		}
	}
	return won;
}

void main(process.argv.slice(2)).then(() => process.disconnect());
