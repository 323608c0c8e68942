/**
 * Subscription and Outbox of the Event Store node, where there is nothing yet. With a trigger that reads they are in the
 * tests of the Event Store Trigger.
 */
import { named, openStore, store, type Store } from './openStore';

let events: Store;

beforeAll(async () => {
	events = await openStore();
});
afterAll(async () => {
	await events.close();
});

it('lists none', async () => {
	expect(await events.output(store('subscription.getMany'))).toEqual([]);
});

it.each(['reset', 'pause', 'resume', 'delete'])('says what to do where there is none to %s', async (operation) => {
	const change = store(`subscription.${operation}`, { subscription: named('orders-projection') });
	expect(await events.failure(change)).toMatchObject({
		message: 'There is no subscription orders-projection',
		description: expect.stringContaining('Get Many lists those that exist'),
	});
});
