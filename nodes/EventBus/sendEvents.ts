/**
 * Sends the events of all items of a run: what goes the same way goes as one pipelined, confirmed batch.
 *
 * One outcome an item. Everything is checked before anything is sent, so a mistake in the fifth item does not leave
 * four events behind.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Outcome, Source, Stored } from '../../src/broker/types';
import type { EventEnvelope } from '../../src/event/envelope';
import { EventBusError } from '../../src/kernel/errors';
import { systemClock } from '../../src/kernel/clock';
import { publishPersistently } from '../../src/publisher/persistently';
import { describeBroker } from '../shared/connection';
import { publishedItem } from '../shared/items';
import { errorItem, toNodeError } from '../shared/nodeErrors';
import { lenderOf } from '../shared/pool';
import { routeOf, type Route } from './link';
import type { Sending } from './settings';

export interface Outgoing {
	readonly event: EventEnvelope;
	readonly sending: Sending;
}

/** A word that stands for others in the bindings of topic exchanges. */
const PATTERN_SIGN = /(^|\.)[*#](\.|$)/;

interface Prepared extends Outgoing {
	readonly itemIndex: number;
}

/** @param prepare makes the event of an item, and throws when it cannot */
export async function sendEvents(
	context: IExecuteFunctions,
	prepare: (item: INodeExecutionData, itemIndex: number) => Outgoing,
): Promise<INodeExecutionData[]> {
	const items = context.getInputData();
	const output = new Map<number, INodeExecutionData>();
	const prepared: Prepared[] = [];
	for (const [itemIndex, item] of items.entries()) {
		try {
			prepared.push({ ...prepare(item, itemIndex), itemIndex });
		} catch (error) {
			output.set(itemIndex, failedItem(context, error, itemIndex));
		}
	}
	if (prepared.length > 0) await send(context, prepared, output);
	return items.flatMap((_item, itemIndex) => output.get(itemIndex) ?? []);
}

async function send(
	context: IExecuteFunctions,
	prepared: readonly Prepared[],
	output: Map<number, INodeExecutionData>,
): Promise<void> {
	const failures: { readonly itemIndex: number; readonly error: unknown }[] = [];
	let broker = '';
	let unmatched = 0;
	try {
		const route = await routeOf(context);
		for (const batch of batchesOf(prepared)) {
			const outcomes = await sendBatch(route, batch);
			broker = describeBroker(route.broker);
			for (const [position, { itemIndex, event, sending }] of batch.entries()) {
				const outcome = outcomes[position];
				if (!outcome?.ok) {
					failures.push({ itemIndex, error: outcome?.error });
					continue;
				}
				if (outcome.matched === 'no') unmatched += 1;
				const published = { ...outcome, broker: route.broker.manifest.kind, channel: nameOf(sending.to) };
				output.set(itemIndex, publishedItem(event, published, itemIndex));
			}
		}
	} catch (error) {
		// Nothing was attempted for those that have no outcome yet.
		const open = prepared.filter(({ itemIndex }) => !output.has(itemIndex));
		failures.push(...open.map(({ itemIndex }) => ({ itemIndex, error })));
	}
	reportFailures(context, prepared.length, failures, output);
	tellWhere(context, broker, prepared, unmatched);
}

async function sendBatch({ broker, call }: Route, batch: readonly Prepared[]): Promise<readonly Outcome<Stored>[]> {
	const [first] = batch;
	if (!first) return [];
	const { to, routingKey, format, provision, notBefore, headers, ifNobodyListens } = first.sending;
	const { capabilities } = broker.manifest;
	const events = batch.map(({ event }) => event);
	const outcomes = await publishPersistently(lenderOf(broker), to, events, {
		...call,
		clock: systemClock,
		random: Math.random,
		format,
		provision,
		capabilities,
		headers,
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
function batchesOf(prepared: readonly Prepared[]): Iterable<readonly Prepared[]> {
	const batches = new Map<string, Prepared[]>();
	for (const one of prepared) {
		const key = JSON.stringify(one.sending);
		const batch = batches.get(key);
		if (batch) batch.push(one);
		else batches.set(key, [one]);
	}
	return batches.values();
}

/** Throws the first failure unless the node continues; what was stored stays stored, so the error says how much. */
function reportFailures(
	context: IExecuteFunctions,
	attempted: number,
	failures: readonly { readonly itemIndex: number; readonly error: unknown }[],
	output: Map<number, INodeExecutionData>,
): void {
	const [first] = failures;
	if (!first) return;
	if (!context.continueOnFail()) {
		const error = toNodeError(context.getNode(), first.error, first.itemIndex);
		const stored = attempted - failures.length;
		if (stored > 0) {
			error.description =
				`${error.description ?? ''} ${stored} of ${attempted} events were stored. Give them an Event ID if the node may run again.`.trim();
		}
		throw error;
	}
	for (const { itemIndex, error } of failures) {
		output.set(itemIndex, errorItem(toNodeError(context.getNode(), error, itemIndex), itemIndex));
	}
}

/** The canvas cannot show which broker a credential means, so every run says it. */
function tellWhere(context: IExecuteFunctions, broker: string, prepared: readonly Prepared[], unmatched: number): void {
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

function failedItem(context: IExecuteFunctions, error: unknown, itemIndex: number): INodeExecutionData {
	const known = toNodeError(context.getNode(), error, itemIndex);
	if (!context.continueOnFail()) throw known;
	return errorItem(known, itemIndex);
}

function nobodyListens(to: Source, type: string): EventBusError {
	return new EventBusError('not-found', `Nobody listens to ${type} in ${nameOf(to)}`, {
		hint: 'Activate a workflow whose Event Bus Trigger names this type and channel, or set If Nobody Listens to Continue',
	});
}

function nameOf(to: Source): string {
	return to.kind === 'channel' ? to.channel : to.name;
}
