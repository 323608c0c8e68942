/**
 * Stream → Append.
 *
 * Items that follow each other, go to the same stream and expect the same of it are one atomic append: all of them are
 * stored, or none.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { EventBusError } from '../../src/kernel/errors';
import type { ExpectedVersion, Place } from '../../src/store/types';
import { CauseFinder } from '../shared/cause';
import { readEvent } from '../shared/eventSettings';
import { ItemOutcomes, type Prepared } from '../shared/itemOutcomes';
import { newEvent } from '../shared/newEvent';
import { appendedItem } from '../shared/storeItems';
import { type Bus, busOf, publishStored } from './publishing';
import { readChannel, readExpectedVersion, readStream } from './settings';
import { type StoreLink, tell, withStore } from '../shared/storeLink';

interface Entry {
	readonly stream: string;
	readonly expect: ExpectedVersion;
	readonly event: EventEnvelope;
	/** Of the bus; only used where the node also publishes. */
	readonly channel: string;
}

export async function append(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const causes = new CauseFinder(context);
	const now = Date.now();
	const outcomes = new ItemOutcomes(context);
	const prepared = outcomes.prepare((item, itemIndex): Entry => {
		const cause = causes.causeOf(item, itemIndex);
		const stream = readStream(context, itemIndex);
		const settings = { subject: stream, ...readEvent(context, item, itemIndex, now) };
		return {
			stream,
			expect: readExpectedVersion(context, itemIndex),
			event: newEvent(context, settings, cause, itemIndex, now),
			channel: readChannel(context, itemIndex),
		};
	});
	if (prepared.length > 0) await store(context, prepared, outcomes);
	return outcomes.settle();
}

interface StoredEntry extends Prepared<Entry> {
	readonly place: Place;
}

async function store(
	context: IExecuteFunctions,
	prepared: readonly Prepared<Entry>[],
	outcomes: ItemOutcomes,
): Promise<void> {
	try {
		await withStore(context, async (link) => {
			const bus = await busOf(context);
			const stored = await storeBatches(context, link, bus, prepared, outcomes);
			const positions = stored.map(({ place }) => place.position);
			const isPublished = bus !== null && positions.length > 0;
			const publishedTo = isPublished ? await publishStored(context, link, bus, positions) : () => ({});
			for (const { itemIndex, event, stream, place, channel } of stored) {
				outcomes.succeed(itemIndex, appendedItem({ event, stream, place, beside: publishedTo(channel) }, itemIndex));
			}
			const known = stored.filter(({ place }) => !place.isNew).length;
			if (known > 0) tell(context, `${known} of ${prepared.length} events were in their stream already`);
		});
	} catch (error) {
		outcomes.failRest(prepared, error);
	}
}

/** In the order of the items. The first batch that fails ends it, unless the node is set to continue. */
async function storeBatches(
	context: IExecuteFunctions,
	{ store: events, call }: StoreLink,
	bus: Bus | null,
	prepared: readonly Prepared<Entry>[],
	outcomes: ItemOutcomes,
): Promise<readonly StoredEntry[]> {
	const stored: StoredEntry[] = [];
	for (const batch of batchesOf(prepared)) {
		const [{ stream, expect, channel }] = batch;
		const publish = bus === null ? null : { target: bus.target, channel };
		try {
			const result = await events.append(
				stream,
				batch.map(({ event }) => event),
				{ expect, publish, ...call },
			);
			stored.push(...batch.map((entry, index) => ({ ...entry, place: placeAt(result.places, index) })));
		} catch (error) {
			for (const { itemIndex } of batch) outcomes.fail(itemIndex, error);
			if (!context.continueOnFail()) break;
		}
	}
	return stored;
}

type Batch = readonly [Prepared<Entry>, ...Prepared<Entry>[]];

/** Neighbours with the same stream, expectation and channel. */
function batchesOf(prepared: readonly Prepared<Entry>[]): readonly Batch[] {
	const batches: [Prepared<Entry>, ...Prepared<Entry>[]][] = [];
	for (const entry of prepared) {
		const open = batches.at(-1);
		if (open && isAlike(open[0], entry)) open.push(entry);
		else batches.push([entry]);
	}
	return batches;
}

function isAlike(one: Entry, other: Entry): boolean {
	return one.stream === other.stream && one.expect === other.expect && one.channel === other.channel;
}

function placeAt(places: readonly Place[], index: number): Place {
	const place = places[index];
	if (place) return place;
	throw new EventBusError('bug', `The event store told ${places.length} places for more events`);
}
