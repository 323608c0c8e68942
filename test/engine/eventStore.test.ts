/**
 * Streams and state: append, read, rebuild, travel in time.
 */
import { append, given, named, openStore, store, type Store } from './openStore';

let events: Store;

// One store for all of them, so each writes to streams of its own.
beforeAll(async () => {
	events = await openStore();
});
afterAll(async () => {
	await events.close();
});

const ORDER = {
	order_id: 'ord_987654321',
	customer_id: 'cust_12345',
	total_amount: 299.99,
	items: [{ sku: 'PROD-001', quantity: 2, price: 149.99 }],
};

describe('append', () => {
	it('makes an event of the item and tells where it stands', async () => {
		const [event] = await events.output(
			given([ORDER]),
			store('stream.append', { stream: named('=order-{{ $json.order_id }}'), eventType: 'order.created' }),
		);
		expect(event).toMatchObject({
			event_type: 'order.created',
			subject: 'order-ord_987654321',
			payload: ORDER,
			stored: { stream: 'order-ord_987654321', version: 1, position: expect.any(Number), is_new: true },
		});
	});

	it('stores an event with the same id once', async () => {
		const once = append('once-1', 'order.created', {}, { options: { eventId: 'evt_1' } });
		await events.output(once);
		const [again] = await events.output(once);
		expect(again?.stored).toMatchObject({ stream: 'once-1', version: 1, is_new: false });
		expect(await events.output(store('stream.read', { stream: named('once-1') }))).toHaveLength(1);
	});

	it('stores items that go to one stream together, or none of them', async () => {
		await events.output(append('together-1', 'order.created', {}));
		const three = given([{ n: 1 }, { n: 2 }, { n: 3 }]);
		const expecting = (exactVersion: number) =>
			store('stream.append', {
				stream: named('together-1'),
				eventType: 'line.added',
				expectedVersion: 'exact',
				exactVersion,
			});
		expect(await events.failure(three, expecting(0))).toMatchObject({
			message: 'Stream together-1 is at version 1, and it was expected not to exist',
			description: expect.stringContaining('read the stream again'),
		});
		const stored = await events.output(three, expecting(1));
		expect(stored.map((event) => event.stored)).toMatchObject([{ version: 2 }, { version: 3 }, { version: 4 }]);
	});
});

describe('read', () => {
	let before: number;

	beforeAll(async () => {
		const [last] = await events.output(append('before-1', 'o.zero', {}));
		before = (last?.stored as { position: number }).position;
		for (const type of ['a.one', 'b.two', 'a.three']) await events.output(append('letter-1', type, {}));
		await events.output(append('customer-1', 'a.four', {}));
	});

	const typesOf = (list: readonly object[]) => list.map((event) => (event as { event_type: string }).event_type);

	it.each([
		['all of a stream', {}, ['a.one', 'b.two', 'a.three']],
		['from a version', { fromVersion: 2 }, ['b.two', 'a.three']],
		['backwards', { direction: 'backwards', limit: 2 }, ['a.three', 'b.two']],
		['backwards from a version', { direction: 'backwards', fromVersion: 2 }, ['b.two', 'a.one']],
	])('gives %s', async (_name, parameters, expected) => {
		const list = await events.output(store('stream.read', { stream: named('letter-1'), ...parameters }));
		expect(typesOf(list)).toEqual(expected);
	});

	it.each([
		['all streams', {}, ['a.one', 'b.two', 'a.three', 'a.four']],
		['what a pattern matches', { eventTypes: 'a.*', returnAll: true }, ['a.one', 'a.three', 'a.four']],
		['a category', { filters: { category: 'customer' } }, ['a.four']],
		['a stream', { filters: { stream: 'letter-1' }, limit: 1 }, ['a.one']],
	])('gives the log of %s', async (_name, parameters, expected) => {
		const list = await events.output(store('log.read', { afterPosition: before, ...parameters }));
		expect(typesOf(list)).toEqual(expected);
	});

	it('lists streams', async () => {
		const list = await events.output(store('stream.getMany', { prefix: 'lett' }));
		expect(list).toMatchObject([{ stream: 'letter-1', category: 'letter', version: 3 }]);
	});
});

describe('state', () => {
	beforeAll(async () => {
		const at = (occurredAt: string) => ({ options: { occurredAt } });
		await events.output(append('order-1', 'order.created', ORDER, at('2026-02-27T10:00:00Z')));
		await events.output(append('order-1', 'payment.processed', {}, at('2026-02-27T11:00:00Z')));
		await events.output(append('order-1', 'order.shipped', {}, at('2026-02-27T12:00:00Z')));
	});

	const HISTORY = [
		{ version: 1, event_type: 'order.created', occurred_at: '2026-02-27T10:00:00.000Z' },
		{ version: 2, event_type: 'payment.processed', occurred_at: '2026-02-27T11:00:00.000Z' },
		{ version: 3, event_type: 'order.shipped', occurred_at: '2026-02-27T12:00:00.000Z' },
	];

	it('of the order is what the article says, without anything filled in', async () => {
		expect(await events.output(store('state.get', { stream: named('order-1') }))).toEqual([
			{
				stream: 'order-1',
				exists: true,
				version: 3,
				state: {
					...ORDER,
					status: 'fulfilled',
					payment_status: 'completed',
					shipping_status: 'shipped',
					history: HISTORY,
				},
			},
		]);
	});

	it.each([
		['a version', { asOf: 'version', asOfVersion: 1 }, 'created', 1],
		['a time', { asOf: 'time', asOfTime: '2026-02-27T11:30:00Z' }, 'paid', 2],
		['the time before', { asOf: 'time', asOfTime: '2026-02-27T09:00:00Z' }, 'new', 0],
	])('is that of %s', async (_name, parameters, status, version) => {
		const [state] = await events.output(store('state.get', { stream: named('order-1'), ...parameters }));
		expect(state).toMatchObject({ version, state: { status, history: HISTORY.slice(0, version) } });
	});

	it('follows the rules of the panel', async () => {
		const rule = [
			{
				eventTypes: '#',
				set: '{ "last.type": "$.event_type" }',
				options: { increment: '{ "events": 1 }', remove: 'gone' },
			},
		];
		const [state] = await events.output(
			store('state.get', {
				stream: named('order-1'),
				rules: { rule },
				keepHistory: false,
				options: { initialState: '{ "gone": true }', includeEventsRead: true },
			}),
		);
		expect(state).toMatchObject({ events_read: 3, state: { events: 3, last: { type: 'order.shipped' } } });
		expect(state?.state).not.toHaveProperty('gone');
	});

	it('of a stream without events is the initial one', async () => {
		expect(await events.output(store('state.get', { stream: named('order-2') }))).toEqual([
			{ stream: 'order-2', exists: false, version: 0, state: { status: 'new', history: [] } },
		]);
	});
});
