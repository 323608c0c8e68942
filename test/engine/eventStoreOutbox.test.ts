/**
 * Also Publish: what is stored reaches the bus, in one commit, whatever the broker does.
 */
import { freePort } from '../../scripts/n8n/freePort';
import { append, named, openStore, store, type Store } from './openStore';

let events: Store;

afterEach(async () => {
	await events.close();
});

const publishing = { alsoPublish: true, channel: named('events') };

it('stores an event and publishes the same one', async () => {
	events = await openStore({ record: true });
	const [stored] = await events.output(append('order-1', 'order.created', { order_id: 'ord_1' }, publishing));
	expect(stored).toMatchObject({
		stored: { stream: 'order-1', version: 1, is_new: true },
		published: { broker: 'embedded', channel: 'events', status: 'sent' },
	});
	const published = await events.event('order.created');
	expect(published).toMatchObject({ event_id: stored?.event_id, payload: { order_id: 'ord_1' }, subject: 'order-1' });
	expect(await events.output(store('outbox.getStatus'))).toEqual([{ target: null, waiting: 0, oldest_at: null }]);
});

it('publishes nothing of what was not stored', async () => {
	events = await openStore({ record: true });
	await events.output(append('order-1', 'order.created', {}));
	const late = append('order-1', 'order.created', {}, { ...publishing, expectedVersion: 'noStream' });
	await events.failure(late);
	await events.output(append('order-1', 'order.noticed', {}, publishing));
	await events.event('order.noticed');
	expect(events.events().map(({ event_type }) => event_type)).toEqual(['order.noticed']);
});

it('stores the event while the broker is away, and says that it waits', async () => {
	events = await openStore({ env: { EVENT_BUS_URL: `redis://127.0.0.1:${await freePort(0)}` } });
	const [stored] = await events.output(append('order-1', 'order.created', {}, publishing));
	expect(stored).toMatchObject({ stored: { version: 1 }, published: { broker: 'redis-streams', status: 'waiting' } });
	expect(await events.output(store('outbox.getStatus'))).toMatchObject([
		{ target: expect.stringContaining('127.0.0.1'), waiting: 1, oldest_at: expect.stringMatching(/^20/) },
	]);
});
