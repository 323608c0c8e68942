/**
 * Sends the events of all items of a run: what goes the same way goes as one pipelined, confirmed batch.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Outcome, Source, Stored } from '../../src/broker/types';
import type { EventEnvelope } from '../../src/event/envelope';
import { EventBusError } from '../../src/kernel/errors';
import { systemClock } from '../../src/kernel/clock';
import { publishPersistently } from '../../src/publisher/persistently';
import type { Publishing } from '../../src/trail/facts';
import { describeBroker } from '../shared/connection';
import { ItemOutcomes, type Prepared } from '../shared/itemOutcomes';
import { publishedItem } from '../shared/items';
import { lenderOf } from '../shared/pool';
import { trailPublished } from '../shared/trail';
import { routeOf, type Route } from './link';
import type { Sending } from './settings';

export interface Outgoing {
	readonly event: EventEnvelope;
	readonly sending: Sending;
}

/** A word that stands for others in the bindings of topic exchanges. */
const PATTERN_SIGN = /(^|\.)[*#](\.|$)/;

/**
 * @param prepare makes the event of an item, and throws when it cannot
 * @param by      who hands the events over; absent: whoever they name as their source
 */
export async function sendEvents(
	context: IExecuteFunctions,
	prepare: (item: INodeExecutionData, itemIndex: number) => Outgoing,
	by?: Publishing['by'],
): Promise<INodeExecutionData[]> {
	const outcomes = new ItemOutcomes(context);
	const prepared = outcomes.prepare(prepare);
	if (prepared.length > 0) await send(context, prepared, outcomes, by);
	return outcomes.settle();
}

async function send(
	context: IExecuteFunctions,
	prepared: readonly Prepared<Outgoing>[],
	outcomes: ItemOutcomes,
	by: Publishing['by'],
): Promise<void> {
	let broker = '';
	let unmatched = 0;
	try {
		const route = await routeOf(context);
		for (const batch of batchesOf(prepared)) {
			const stored = await sendBatch(route, batch, by);
			broker = describeBroker(route.broker);
			for (const [position, { itemIndex, event, sending }] of batch.entries()) {
				const outcome = stored[position];
				if (!outcome?.ok) {
					outcomes.fail(itemIndex, outcome?.error);
					continue;
				}
				if (outcome.matched === 'no') unmatched += 1;
				const published = { ...outcome, broker: route.broker.manifest.kind, channel: nameOf(sending.to) };
				outcomes.succeed(itemIndex, publishedItem(event, published, itemIndex));
			}
		}
	} catch (error) {
		outcomes.failRest(prepared, error);
	}
	tellWhere(context, broker, prepared, unmatched);
}

async function sendBatch(
	{ broker, call }: Route,
	batch: readonly Prepared<Outgoing>[],
	by: Publishing['by'],
): Promise<readonly Outcome<Stored>[]> {
	const [first] = batch;
	if (!first) return [];
	const { to, routingKey, format, provision, notBefore, headers, ifNobodyListens } = first.sending;
	const { kind, capabilities } = broker.manifest;
	const handedOver = { broker: kind, channel: nameOf(to), at: systemClock.now(), ...(by && { by }) };
	const events = batch.map(({ event }) => event);
	const outcomes = await publishPersistently(lenderOf(broker), to, events, {
		...call,
		clock: systemClock,
		random: Math.random,
		format,
		provision,
		capabilities,
		headers,
		onStored: (stored) => trailPublished(stored, handedOver),
		...(notBefore === undefined ? {} : { notBefore }),
		...(routingKey === '' ? {} : { routingKey }),
	});
	if (ifNobodyListens === 'continue') return outcomes;
	return outcomes.map((outcome, index) =>
		outcome.ok && outcome.matched === 'no'
			? { ok: false, error: nobodyListens(to, events[index]?.event_type ?? '') }
			: outcome,
	);
}

/** Items that are sent the same way, in the order of the items. */
function batchesOf(prepared: readonly Prepared<Outgoing>[]): Iterable<readonly Prepared<Outgoing>[]> {
	const batches = new Map<string, Prepared<Outgoing>[]>();
	for (const one of prepared) {
		const key = JSON.stringify(one.sending);
		const batch = batches.get(key);
		if (batch) batch.push(one);
		else batches.set(key, [one]);
	}
	return batches.values();
}

/** The canvas cannot show which broker a credential means, so every run says it. */
function tellWhere(
	context: IExecuteFunctions,
	broker: string,
	prepared: readonly Prepared<Outgoing>[],
	unmatched: number,
): void {
	if (broker === '') return;
	const names = [...new Set(prepared.map(({ sending }) => nameOf(sending.to)))].sort();
	const where = names.length === 1 ? `channel ${names[0] ?? ''}` : `channels ${names.join(', ')}`;
	context.addExecutionHints({ message: `Stored in ${broker}, ${where}`, type: 'info', location: 'outputPane' });
	for (const { sending } of prepared) {
		if (!PATTERN_SIGN.test(sending.routingKey)) continue;
		context.addExecutionHints({
			message: `The routing key ${sending.routingKey} is a pattern. Patterns are for those who receive; here * and # are plain signs`,
			type: 'warning',
			location: 'outputPane',
		});
		break;
	}
	if (unmatched === 0) return;
	context.addExecutionHints({
		message: `Nobody listens${unmatched === 1 ? '' : ` to ${unmatched} of ${prepared.length} events`}: no published workflow has an Event Bus Trigger with this event type and channel`,
		type: 'warning',
		location: 'outputPane',
	});
}

function nobodyListens(to: Source, type: string): EventBusError {
	return new EventBusError('not-found', `Nobody listens to ${type} in ${nameOf(to)}`, {
		hint: 'Activate a workflow whose Event Bus Trigger names this type and channel, or set If Nobody Listens to Continue',
	});
}

function nameOf(to: Source): string {
	return to.kind === 'channel' ? to.channel : to.name;
}
