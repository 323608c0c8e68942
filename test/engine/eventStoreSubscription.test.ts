/**
 * Subscriptions, as the Event Store node shows and changes them.
 */
import { eventually } from './eventually';
import { append, named, openStore, store, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

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

it('are listed, paused and resumed while a trigger reads', async () => {
	const reader = workflow('Reader', [
		node('On Stored Event', 'n8n-nodes-event-bus.eventStoreTrigger', { eventTypes: 'a.*', subscription: 'reading' }),
		node('End', 'noOp'),
	]);
	await events.engine.activate(reader);
	const change = async (operation: string) =>
		await events.output(store(`subscription.${operation}`, { subscription: named('reading') }));
	await events.output(append('letter-1', 'a.one', {}));
	await eventually('the first is read', () => events.runs(reader).length === 1);

	expect(await change('pause')).toEqual([{ subscription: 'reading', paused: true }]);
	await events.output(append('letter-1', 'a.two', {}));
	expect(await events.output(store('subscription.getMany'))).toMatchObject([
		{
			subscription: 'reading',
			event_types: ['a.*'],
			paused: true,
			reader: expect.any(String),
			dead_letters: 0,
		},
	]);
	expect(events.runs(reader)).toHaveLength(1);

	expect(await change('resume')).toEqual([{ subscription: 'reading', paused: false }]);
	await eventually('the second is read', () => events.runs(reader).length === 2);
	const remove = store('subscription.delete', { subscription: named('reading') });
	expect((await events.failure(remove)).message).toContain('is read by an active workflow');
	await events.engine.deactivate(reader.id);
	expect(await change('delete')).toEqual([{ subscription: 'reading', deleted: true }]);
});
