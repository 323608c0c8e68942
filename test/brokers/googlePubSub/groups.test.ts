/**
 * What is native to groups on Pub/Sub: filters, history, and what Google may and may not change later.
 */
import type { Server } from '../../../scripts/servers/server';
import { event, events, idsOf } from '../../conformance/events';
import { fails } from '../../conformance/recorder';
import { pause, until } from '../../conformance/waiting';
import { errorOf } from '../errorOf';
import { Foreign, rigOn, start } from './pubSubBus';

let server: Server;
let foreign: Foreign;

beforeAll(async () => {
	server = await start();
	foreign = new Foreign(server);
});
afterAll(async () => {
	await foreign[Symbol.asyncDispose]();
	await server[Symbol.asyncDispose]();
});

it('with a filter Google drops other types, and nothing that carries none', async () => {
	await using rig = rigOn(server, { filter: true });
	const from = rig.channel();
	const ours = await rig.consume({ from, types: ['order.*'] });
	const [{ filter }] = await foreign.subscriber.getSubscription({
		subscription: foreign.subscription(`${from.channel}~group`),
	});
	expect(filter).toBe('NOT attributes:eb_type OR hasPrefix(attributes.eb_type, "order.")');
	const wanted = event({ type: 'order.created' });
	await rig.publish(from, [wanted, event({ type: 'payment.made' })]);
	await foreign.send(from.channel, JSON.stringify({ event_type: 'order.paid', payload: {} }));
	await until('two are done', () => ours.factsOf('done').length === 2);
	await pause(300);
	expect(ours.factsOf('filtered')).toEqual([]);
	expect(ours.ids).toContain(wanted.event_id);
});

it('a filter that cannot be changed is told', async () => {
	await using rig = rigOn(server, { filter: true });
	const from = rig.channel();
	await (await rig.consume({ from, types: ['order.*'] })).consumer.close(1000);
	const error = await errorOf(rig.consume({ from, types: ['payment.*'] }));
	expect(error).toMatchObject({ code: 'conflict', hint: expect.stringContaining('Delete Group') });
});

it('without history a start in the past is refused, and no group is made', async () => {
	await using rig = rigOn(server);
	const from = rig.channel();
	await rig.publish(from, events(1));
	const error = await errorOf(rig.consume({ from, start: { at: 'earliest' } }));
	expect(error).toMatchObject({ code: 'unsupported', hint: expect.stringContaining('Keep History') });
	expect(await rig.groupState(from)).toBeNull();
});

it('with the retention of the topic a group may start at a time', async () => {
	await using rig = rigOn(server, { historyDays: 7 });
	const from = rig.channel();
	await rig.publish(from, events(3));
	await pause(50);
	const time = Date.now();
	const since = events(2);
	await rig.publish(from, since);
	const ours = await rig.consume({ from, start: { at: 'time', time } });
	await until('two are done', () => ours.factsOf('done').length === 2);
	await pause(200);
	expect(ours.ids.toSorted()).toEqual(idsOf(since).toSorted());
	const [{ messageRetentionDuration }] = await foreign.publisher.getTopic({ topic: foreign.topic(from.channel) });
	expect(Number(messageRetentionDuration?.seconds)).toBe(7 * 24 * 60 * 60);
});

it('a group whose topic was deleted and made again gets what is published now', async () => {
	await using rig = rigOn(server);
	const from = rig.channel();
	await (await rig.consume({ from })).consumer.close(1000);
	await foreign.publisher.deleteTopic({ topic: foreign.topic(from.channel) });
	const ours = await rig.consume({ from });
	await rig.publish(from, events(2));
	await until('two are done', () => ours.factsOf('done').length === 2);
});

it('dead letters of one group are deleted alone, and the next one is kept', async () => {
	await using rig = rigOn(server);
	const from = rig.channel();
	await rig.consume({ from, handle: () => fails('never', false) });
	await rig.consume({ from, group: 'other', handle: () => fails('never', false) });
	await rig.publish(from, events(2));
	const dead = async (group: string) => (await rig.deadLetters(from, {}, group)).length;
	await until('both have two', async () => (await dead('group')) === 2 && (await dead('other')) === 2);
	const { topology } = await rig.connection();
	const absent = [{ kind: 'dead-letters', of: from, group: 'group' } as const];
	await topology.apply(await topology.plan({ present: [], absent }, rig.call()), rig.call());
	expect(await dead('group')).toBe(0);
	expect(await dead('other')).toBe(2);
	await rig.publish(from, events(1));
	await until('the next one is there', async () => (await dead('group')) === 1);
});

it('copies that wait for their time are with nobody, and not early', async () => {
	await using rig = rigOn(server);
	const from = rig.channel();
	const retry = { maxAttempts: 3, backoff: { initialMs: 2500, factor: 1, maxMs: 2500, jitter: 0 } };
	const first = await rig.consume({ from, retry, handle: () => fails() });
	await rig.publish(from, events(3));
	await until('all failed once', () => first.factsOf('retry').length === 3);
	const failedAt = Date.now();
	await first.consumer.close(1000);
	const heir = await rig.consume({ from, retry });
	await until('another one does them', () => heir.factsOf('done').length === 3);
	for (const { startedAt, delivery } of heir.runs) {
		expect(delivery.attempt).toBe(2);
		expect(startedAt - failedAt).toBeGreaterThan(1500);
	}
});

it('a group changes its order once what waits is read, and says so before', async () => {
	await using rig = rigOn(server);
	const from = rig.channel();
	await (await rig.consume({ from })).consumer.close(1000);
	const waiting = events(3, { key: 'a' });
	await rig.publish(from, waiting);
	const error = await errorOf(rig.consume({ from, order: 'key' }));
	expect(error).toMatchObject({
		code: 'conflict',
		message: expect.stringContaining('has events without Order by key'),
	});
	const reader = await rig.consume({ from });
	await until('they are read', () => reader.factsOf('done').length === 3);
	expect(await errorOf(rig.consume({ from, order: 'key' }))).toMatchObject({
		message: expect.stringContaining('is read'),
	});
	await reader.consumer.close(1000);
	const ordered = await rig.consume({ from, order: 'key' });
	await rig.publish(from, events(3, { key: 'a' }));
	await until('it goes on in order', () => ordered.factsOf('done').length === 3);
	expect((await rig.inspect(from)).groups).toHaveLength(1);
});

it('nothing is left of a channel that is removed with its dead letters, listeners included', async () => {
	const left = async () => {
		const project = 'projects/test-project';
		const [topics] = await foreign.publisher.listTopics({ project });
		const [subscriptions] = await foreign.subscriber.listSubscriptions({ project });
		return [...topics, ...subscriptions].map(({ name }) => name);
	};
	const before = await left();
	{
		await using rig = rigOn(server);
		const from = rig.channel();
		for (const group of [null, 'group']) {
			await rig.consume({ from: { kind: 'dead-letters', of: from, group }, group: 'alerts' });
		}
		await rig.consume({ from, handle: () => fails('never', false) });
		await rig.publish(from, events(1));
		await until('it is dead', async () => (await rig.deadLetters(from)).length === 1);
	}
	expect(await left()).toEqual(before);
});
