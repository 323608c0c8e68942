import type { Delivery } from '../broker/types';
import { matcherOf } from '../event/typePattern';
import type { EventEnvelope } from '../event/envelope';
import { gate, type GateInput } from './gate';

const NOW = Date.parse('2026-02-27T10:30:00.000Z');

const event: EventEnvelope = {
	event_id: 'evt_1',
	event_type: 'order.created',
	event_version: '1.0',
	occurred_at: '2026-02-27T10:00:00.000Z',
	source: 'shop',
	payload: {},
	metadata: { correlation_id: 'corr_1', hops: 0, timestamp: '2026-02-27T10:00:00.000Z' },
};
const delivery: Delivery = {
	message: { id: 'evt_1', type: 'order.created', body: new Uint8Array(), headers: {} },
	receives: 1,
	lane: '',
	cursor: '1',
	leaseUntil: null,
};

const settings: GateInput['settings'] = {
	hopLimit: 16,
	retry: { maxAttempts: 5, backoff: { initialMs: 1, factor: 1, maxMs: 1, jitter: 0 } },
	payloadCheck: null,
};

function input(change: Partial<GateInput> = {}): GateInput {
	return {
		event,
		delivery,
		carried: { failures: 0, firstFailureAt: null, lastError: null, notBefore: null },
		settings,
		matches: matcherOf(['order.*']),
		now: NOW,
		...change,
	};
}

function eventWith(metadata: Partial<EventEnvelope['metadata']>): EventEnvelope {
	return { ...event, metadata: { ...event.metadata, ...metadata } };
}

describe('gate', () => {
	it.each<[string, GateInput, object]>([
		['lets a wanted event through', input(), { open: true }],
		['acknowledges an event of another type', input({ matches: matcherOf(['payment.*']) }), { as: 'filtered' }],
		[
			'acknowledges an event that has expired',
			input({ event: eventWith({ expires_at: '2026-02-27T10:29:59.999Z' }) }),
			{ as: 'expired' },
		],
		[
			'lets an event through that expires later',
			input({ event: eventWith({ expires_at: '2026-02-27T10:30:00.001Z' }) }),
			{ open: true },
		],
		['lets the last allowed hop through', input({ event: eventWith({ hops: 15 }) }), { open: true }],
		[
			'stops a loop at the hop limit',
			input({ event: eventWith({ hops: 16 }) }),
			{ as: 'dead-letter', reason: 'hop_limit' },
		],
		[
			'lets a message through that was released 50 times',
			input({ delivery: { ...delivery, receives: 51 } }),
			{ open: true },
		],
		[
			'stops a crash loop',
			input({ delivery: { ...delivery, receives: 101 } }),
			{ as: 'dead-letter', reason: 'broker' },
		],
		[
			'turns away a payload that does not fit',
			input({ settings: { ...settings, payloadCheck: () => 'no order_id' } }),
			{ as: 'bad-payload', error: 'no order_id' },
		],
		[
			'asks nothing of the payload of another type',
			input({ settings: { ...settings, payloadCheck: () => 'no order_id' }, matches: matcherOf(['payment.*']) }),
			{ as: 'filtered' },
		],
		[
			'puts off what is not due',
			input({ carried: { failures: 1, firstFailureAt: 1, lastError: 'x', notBefore: NOW + 1 } }),
			{ as: 'defer', until: NOW + 1 },
		],
		[
			'lets through what is due',
			input({ carried: { failures: 1, firstFailureAt: 1, lastError: 'x', notBefore: NOW } }),
			{ open: true },
		],
	])('%s', (_name, given, expected) => {
		expect(gate(given)).toMatchObject(expected);
	});
});
