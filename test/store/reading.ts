import type { CallOptions } from '../../src/broker/types';
import type { EventStore } from '../../src/store/store';

export async function readAll<T>(list: AsyncIterable<T>): Promise<T[]> {
	const found: T[] = [];
	for await (const one of list) found.push(one);
	return found;
}

/** Ids of the events of a stream, in its order. */
export async function idsIn(store: EventStore, stream: string, call: CallOptions): Promise<string[]> {
	return (await readAll(store.read(stream, call))).map(({ event }) => event.event_id);
}
