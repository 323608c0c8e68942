import type { IDataObject } from 'n8n-workflow';
import { consumption, publication } from '../../test/trail/flows';
import { trailEvent, trailFact } from '../../test/trail/stories';
import { flowMapOf } from '../../src/trail/flowMap';
import type { NestedEvent } from '../../src/trail/tree';
import type { TrailEvent, TrailFact } from '../../src/trail/types';
import { entryData, mapData, nestedData } from './trailItems';

describe('an entry as an item', () => {
	const data = (more: Partial<TrailEvent> = {}, ...facts: readonly TrailFact[]) =>
		entryData({ event: trailEvent('evt_1', 'evt_0', 0, { payload: { a: 1 }, ...more }), facts });

	it('is the event with what happened to it', () => {
		expect(data()).toEqual({
			event_id: 'evt_1',
			event_type: 'order.created',
			event_version: '1.0',
			occurred_at: '2026-02-27T10:30:00.000Z',
			source: 'shop-api',
			subject: 'ord_987654321',
			payload: { a: 1 },
			metadata: { correlation_id: 'corr_abc123', causation_id: 'evt_0', hops: 1 },
			trail: [],
		});
	});

	it.each<[string, Partial<TrailEvent>, string, unknown]>([
		['no subject', { subject: null }, 'subject', undefined],
		['no payload, where none was kept', { payload: undefined }, 'payload', undefined],
		['a payload that is null', { payload: null }, 'payload', null],
		['the size of a payload that was cut', { payload: '{"a"', payloadBytes: 70_000 }, 'payload_bytes', 70_000],
		['no cause', { causationId: null }, 'metadata', { correlation_id: 'corr_abc123', hops: 1 }],
	])('has %s', (_what, more, name, value) => {
		const item = data(more);
		expect(item[name]).toEqual(value);
		expect(name in item).toBe(value !== undefined);
	});

	it.each<[string, TrailFact, object]>([
		[
			'is published',
			trailFact('published', 0, { executionId: '7' }),
			{ what: 'published', workflow_id: 'workflow1', execution_id: '7' },
		],
		[
			'is tried again',
			trailFact('retry', 20, { error: 'no stock', delayMs: 50 }),
			{ what: 'retry', group: 'validator', attempt: 1, workflow_id: 'workflow1', error: 'no stock', delay_ms: 50 },
		],
		[
			'is given up',
			trailFact('dead-letter', 20, { error: 'no stock', reason: 'max_attempts', workflowId: null }),
			{ what: 'dead-letter', group: 'validator', attempt: 1, error: 'no stock', reason: 'max_attempts' },
		],
	])('says that it %s, and nothing that is not known', (_what, fact, expected) => {
		const at = new Date(fact.at).toISOString();
		const where = { service: 'order-validator', broker: 'embedded', channel: 'events' };
		expect(data({}, fact).trail).toEqual([{ ...expected, ...where, at }]);
	});
});

describe('a tree as items', () => {
	const nested = (id: string, more: Partial<NestedEvent> = {}): NestedEvent => ({
		event: trailEvent(id, null, 0),
		facts: [],
		ancestry: 'root',
		children: [],
		...more,
	});

	it('has what followed from an event inside', () => {
		const tree = nested('a', { children: [nested('b', { ancestry: 'caused', children: [nested('c')] }), nested('d')] });
		expect(nestedData(tree)).toMatchObject({
			event_id: 'a',
			caused: [
				{ event_id: 'b', caused: [{ event_id: 'c', caused: [] }] },
				{ event_id: 'd', caused: [] },
			],
		});
	});

	it.each(['root', 'caused', 'orphan', 'cycle'] as const)('says of the ancestry %s what needs a word', (ancestry) => {
		const told = ancestry === 'orphan' || ancestry === 'cycle' ? ancestry : undefined;
		expect(nestedData(nested('a', { ancestry })).ancestry).toBe(told);
	});

	it('ends at a hundred levels, so that the run that saves it does not end', () => {
		const chain = Array.from({ length: 10_000 }).reduce<NestedEvent>(
			(inner, _none, index) => nested(`evt_${index}`, { children: [inner] }),
			nested('evt_last'),
		);
		const levels: IDataObject[] = [];
		for (let level: IDataObject | undefined = nestedData(chain); level; [level] = level.caused as IDataObject[]) {
			levels.push(level);
		}
		expect(levels).toHaveLength(100);
		expect(levels.map((level) => level.caused_not_shown ?? 0)).toEqual([...Array.from({ length: 99 }, () => 0), 1]);
	});
});

it('gives a map with names in place of numbers', () => {
	const map = flowMapOf({
		publications: [publication('shop', 'order.created', { count: 2 }), publication('pay', 'order.paid', { count: 1 })],
		consumptions: [
			consumption('pay', 'order.created', { count: 2, retries: 1, deadLetters: 1, latencyMs: { p50: 3, p95: 9 } }),
			consumption('mail', 'order.lost'),
		],
		causations: [],
	});
	const created = { event_type: 'order.created', channel: 'events' };
	const paid = { event_type: 'order.paid', channel: 'events' };
	const lost = { event_type: 'order.lost', channel: 'events' };
	const nothing = { count: 0, retries: 0, dead_letters: 0, latency_ms: null };
	expect(mapData(map)).toEqual({
		services: ['mail', 'pay', 'shop'],
		publishes: [
			{ service: 'shop', ...created, count: 2 },
			{ service: 'pay', ...paid, count: 1 },
		],
		consumes: [
			{
				service: 'pay',
				...created,
				group: 'pay',
				count: 2,
				retries: 1,
				dead_letters: 1,
				latency_ms: { p50: 3, p95: 9 },
			},
			{ service: 'mail', ...lost, group: 'mail', ...nothing },
		],
		cycles: [],
		unconsumed: [paid],
		idle: [{ service: 'mail', group: 'mail', ...lost }],
		dead_letters: 1,
		retries: 1,
	});
});
