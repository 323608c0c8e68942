/**
 * The orders that `npm start` places, and the events each of them must lead to.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../toolchain/log';

/** Event type → how often it must occur. */
export type ExpectedEvents = Readonly<Record<string, number>>;

export interface SampleOrder {
	/** What is posted to the webhook. */
	readonly body: Readonly<Record<string, unknown>>;
	readonly expected: ExpectedEvents;
}

/**
 * @param folder holds sample-orders.json (what is posted) and expected-events.json (its event types with their number, an entry an order)
 * @throws SetupError when the two do not fit
 */
export async function readSampleOrders(folder: string): Promise<readonly SampleOrder[]> {
	const bodies = await readList<SampleOrder['body']>(folder, 'sample-orders.json');
	const expected = await readList<ExpectedEvents>(folder, 'expected-events.json');
	if (bodies.length !== expected.length) {
		throw new SetupError(`${folder} has ${bodies.length} orders, and expected events for ${expected.length}`);
	}
	return bodies.map((body, index) => ({ body, expected: expected[index] ?? {} }));
}

async function readList<T>(folder: string, name: string): Promise<readonly T[]> {
	const json: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'));
	if (!Array.isArray(json)) throw new SetupError(`${name} must be a list`);
	return json as readonly T[];
}
