import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { readEvent } from '../shared/eventSettings';
import { readDeadLettersOf, readGroup, readSending, readVerdict, type SettingsContext } from './settings';

/** n8n's reading of parameters, for a node whose expressions are resolved. */
function context(parameters: Readonly<Record<string, unknown>>): SettingsContext {
	const getNodeParameter = (name: string, _item: number, otherwise: unknown) =>
		name in parameters ? parameters[name] : otherwise;
	return {
		getNodeParameter: getNodeParameter as IExecuteFunctions['getNodeParameter'],
		getTimezone: () => 'Europe/Berlin',
	};
}

const NOW = Date.parse('2026-02-27T10:00:00Z');
const item: INodeExecutionData = { json: { order_id: 'ord_1' } };
const eventItem: INodeExecutionData = {
	json: {
		event_id: 'e',
		event_type: 'order.created',
		source: 's',
		payload: { order_id: 'ord_2' },
		metadata: {},
		delivery: {},
	},
};

describe('the event of an item', () => {
	const read = (parameters: Readonly<Record<string, unknown>>, from = item) =>
		readEvent(context({ eventType: 'order.created', ...parameters }), from, 0, NOW);

	it('carries the item', () =>
		expect(read({})).toEqual({ type: 'order.created', payload: { order_id: 'ord_1' }, payloadCheck: null }));

	it('carries only the payload of an item that is an event', () => {
		expect(read({}, eventItem).payload).toEqual({ order_id: 'ord_2' });
	});

	it.each([['{"a":1}'], [{ a: 1 }]])('carries JSON given as %j', (payload) => {
		expect(read({ payloadSource: 'json', payload }).payload).toEqual({ a: 1 });
	});

	it('takes every option', () => {
		const options = {
			subject: 'ord_1',
			orderingKey: 'cust_1',
			eventVersion: '2.0',
			source: 'shop',
			eventId: 'evt_1',
			occurredAt: '2026-02-27T10:30:00',
			correlationId: 'corr_1',
			expiresAfter: 60,
			dataSchema: 'https://example.com/order.json',
		};
		expect(read({ options })).toMatchObject({
			subject: 'ord_1',
			orderingKey: 'cust_1',
			version: '2.0',
			source: 'shop',
			eventId: 'evt_1',
			occurredAt: Date.parse('2026-02-27T09:30:00Z'),
			correlationId: 'corr_1',
			expiresAt: NOW + 60_000,
			dataSchema: 'https://example.com/order.json',
		});
	});

	it.each<[string, unknown, RegExp]>([
		['is missing', undefined, /Event Type is empty/],
		['came from an expression that missed', 'order.undefined', /came out as "order\.undefined"/],
		['came from an object', 'order.[object Object]', /came out as/],
		['is a pattern', 'order.*', /pattern/],
		['has an empty word', 'order.', /order\./],
	])('is refused when its type %s', (_name, eventType, message) => {
		expect(() => read({ eventType })).toThrow(
			expect.objectContaining({ code: 'settings', message: expect.stringMatching(message) as string }),
		);
	});

	it.each([['{ "type": "array" }'], [{ type: 'array' }]])('is checked by the schema given as %j', (payloadSchema) => {
		const { payloadCheck } = read({ options: { payloadSchema } });
		expect(payloadCheck?.([])).toBeNull();
		expect(payloadCheck?.({})).toContain('"array"');
	});

	it('is checked by the schema of its own item', () => {
		const checks = ['string', 'number'].map(
			(type) => read({ options: { payloadSchema: `{ "type": "${type}" }` } }).payloadCheck,
		);
		expect(checks.map((check) => check?.('a') ?? null)).toEqual([null, expect.stringContaining('"number"')]);
	});

	it.each<[string, unknown, RegExp]>([
		['is not JSON', '{ type', /schema is not JSON/],
		['is a number', 5, /Payload Schema is no JSON Schema/],
		['came from an expression that missed', undefined, /Payload Schema is no JSON Schema/],
	])('is refused when its schema %s', (_name, payloadSchema, message) => {
		expect(() => read({ options: { payloadSchema } })).toThrow(message);
	});

	it.each<[string, unknown, RegExp]>([
		['is not JSON', '{ order', /not JSON/],
		['came from an expression that missed', undefined, /payload is empty/],
	])('is refused when its payload %s', (_name, payload, message) => {
		expect(() => read({ payloadSource: 'json', payload })).toThrow(message);
	});
});

describe('the way of an event', () => {
	it('is the channel events, made when it is missing', () => {
		expect(readSending(context({}), 0, NOW)).toEqual({
			to: { kind: 'channel', channel: 'events' },
			routingKey: '',
			format: 'event-bus',
			provision: 'create',
			notBefore: undefined,
			headers: {},
			ifNobodyListens: 'continue',
		});
	});

	it('takes a delay, headers and a format', () => {
		const headers = {
			header: [
				{ name: 'x-tenant', value: 'acme' },
				{ name: '', value: 'dropped' },
			],
		};
		expect(readSending(context({ options: { delay: 5, headers, format: 'cloudevents' } }), 0, NOW)).toMatchObject({
			notBefore: NOW + 5000,
			headers: { 'x-tenant': 'acme' },
			format: 'cloudevents',
		});
	});

	it('creates nothing that somebody else owns', () => {
		expect(readSending(context({ sendTo: 'existing', existing: 'legacy' }), 0, NOW)).toMatchObject({
			to: { kind: 'existing', name: 'legacy' },
			provision: 'verify',
		});
	});

	it('has a routing key only to an exchange that somebody else owns', () => {
		const routingKey = 'eu.orders';
		expect(readSending(context({ routingKey }), 0, NOW)).toMatchObject({ routingKey: '' });
		const existing = { sendTo: 'existing', existing: 'legacy', routingKey };
		expect(readSending(context(existing), 0, NOW)).toMatchObject({ routingKey });
	});
});

describe('the other operations', () => {
	it('mean the dead letters of the group that is named, else of all', () => {
		const source = { kind: 'channel', channel: 'events' };
		expect(readDeadLettersOf(context({ group: 'billing' }), 0)).toEqual({ source, group: 'billing' });
		expect(readDeadLettersOf(context({}), 0)).toEqual({ source, group: null });
	});

	it('delete no group without a name', () => {
		expect(() => readGroup(context({}), 0)).toThrow('Consumer Group is empty');
	});

	it('leave the delay to the trigger at 0 seconds', () => {
		expect(readVerdict(context({ reason: 'busy' }), 0)).toEqual({ delayMs: undefined, reason: 'busy' });
		expect(readVerdict(context({ retryDelay: 90 }), 0)).toEqual({ delayMs: 90_000, reason: '' });
	});
});
