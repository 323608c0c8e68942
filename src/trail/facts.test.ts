import type { ConsumerFact, DeliveryInfo } from '../consumer/types';
import { createEvent } from '../event/createEvent';
import { consumerFact, publishedFacts } from './facts';

const AT = Date.parse('2026-01-01T00:00:00Z');
const event = createEvent(
	{ type: 'order.created', payload: {} },
	{ now: AT, defaultSource: 'shop', cause: null, workflowId: 'w1', executionId: '7' },
);
const delivery: DeliveryInfo = {
	broker: 'kafka',
	channel: 'events',
	group: 'billing',
	attempt: 2,
	max_attempts: 5,
	position: '0/12',
	received_at: '2026-01-01T00:00:00.000Z',
	redrives: 0,
};
const by = { service: 'n8n/Billing', workflowId: 'w2' };
const about = { at: AT, event, delivery };
const usual = {
	at: AT,
	broker: 'kafka',
	channel: 'events',
	group: 'billing',
	attempt: 2,
	service: 'n8n/Billing',
	workflowId: 'w2',
	executionId: null,
	error: null,
	reason: null,
	delayMs: null,
};

describe('what a consumer reports', () => {
	it.each(['started', 'done', 'handed-over', 'duplicate', 'expired'] as const)('%s', (kind) => {
		expect(consumerFact({ kind, ...about }, by)).toEqual({ event, fact: { ...usual, kind } });
	});

	const given = { ...about, eventId: event.event_id, reason: 'max_attempts', error: 'no stock', run: {} } as const;

	it.each<[string, ConsumerFact, object | null]>([
		[
			'a retry, with the execution where it is known',
			{ kind: 'retry', ...about, delayMs: 1500, error: 'no stock', run: { executionId: '9' } },
			{ kind: 'retry', delayMs: 1500, error: 'no stock', executionId: '9' },
		],
		[
			'a dead letter',
			{ kind: 'dead-letter', ...given },
			{ kind: 'dead-letter', reason: 'max_attempts', error: 'no stock' },
		],
		[
			'a discarded event',
			{ kind: 'discarded', ...given },
			{ kind: 'discarded', reason: 'max_attempts', error: 'no stock' },
		],
		[
			'a long error, cut',
			{ kind: 'discarded', ...given, error: 'x'.repeat(5000) },
			{
				kind: 'discarded',
				reason: 'max_attempts',
				error: 'x'.repeat(2000),
			},
		],
		['bytes that are no event: nothing', { kind: 'dead-letter', ...given, event: null }, null],
		['what is put off: nothing', { kind: 'deferred', ...about }, null],
		['what is of another type: nothing', { kind: 'filtered', ...about }, null],
		['a connection: nothing', { kind: 'connected', detail: 'again' }, null],
	])('%s', (_what, reported, expected) => {
		expect(consumerFact(reported, by)?.fact ?? null).toEqual(expected && { ...usual, ...expected });
	});
});

describe('what is published', () => {
	const where = { broker: 'kafka', channel: 'events', at: AT };
	const fact = { ...usual, kind: 'published', group: null, attempt: null };

	it('is published by its source, in the run it names', () => {
		expect(publishedFacts([event], where)).toEqual([
			{ event, fact: { ...fact, service: 'shop', workflowId: 'w1', executionId: '7' } },
		]);
	});

	it('is forwarded by somebody else', () => {
		const bridge = { service: 'n8n/Bridge', workflowId: 'w3', executionId: '8' };
		expect(publishedFacts([event], { ...where, by: bridge })[0]?.fact).toEqual({ ...fact, ...bridge });
	});

	it('may come from a service without workflows', () => {
		const { workflow_id: _w, execution_id: _e, ...metadata } = event.metadata;
		expect(publishedFacts([{ ...event, metadata }], where)[0]?.fact).toMatchObject({
			workflowId: null,
			executionId: null,
		});
	});

	it('is told by one fact as long as it is of one publisher', () => {
		const other = { ...event, source: 'warehouse' };
		const facts = publishedFacts([event, event, other, event], where).map((reported) => reported.fact);
		expect(facts.map(({ service }) => service)).toEqual(['shop', 'shop', 'warehouse', 'shop']);
		expect(facts[1]).toBe(facts[0]);
	});
});
