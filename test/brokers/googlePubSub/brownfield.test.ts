/**
 * Topics, subscriptions and messages that somebody else made.
 */
import { randomUUID } from 'node:crypto';
import type { Server } from '../../../scripts/servers/server';
import { event, events, numberOf } from '../../conformance/events';
import { failing, fails } from '../../conformance/recorder';
import { times, until } from '../../conformance/waiting';
import { errorOf } from '../errorOf';
import { Foreign, rigOn, start } from './pubSubBus';

let server: Server;
let foreign: Foreign;
let name: string;

beforeAll(async () => {
	server = await start();
	foreign = new Foreign(server);
});
beforeEach(() => {
	name = `legacy-${randomUUID()}`;
});
afterAll(async () => {
	await foreign[Symbol.asyncDispose]();
	await server[Symbol.asyncDispose]();
});

const TWO_ATTEMPTS = { maxAttempts: 2, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } };

it('an existing subscription is read, its failures tried again beside it, and given up to dead letters', async () => {
	await using rig = rigOn(server);
	await foreign.make(name);
	const from = { kind: 'existing', name } as const;
	const isBad = ({ event: { payload } }: { event: { payload: unknown } }) => JSON.stringify(payload).includes('bad');
	const ours = await rig.consume({ from, retry: TWO_ATTEMPTS, handle: failing(2, isBad) });
	await foreign.send(name, '{"order":1}', { region: 'eu' });
	await foreign.send(name, '{"order":"bad"}');
	await until('one is done', () => ours.factsOf('done').length === 1);
	await until('the other is a dead letter', async () => (await rig.deadLetters(from)).length === 1);
	const [letter] = await rig.deadLetters(from);
	expect(letter?.deadLetter).toMatchObject({ reason: 'max_attempts', attempts: 2, group: 'group' });
	expect(ours.consumer.effective.ordering).toBe('none');
	expect(await rig.redrive(from)).toBe(1);
	await until('it is done now', () => ours.factsOf('done').length === 2);
	expect(await foreign.take(name)).toEqual([]);
});

it('keys are kept in order where the subscription does so, and refused where it does not', async () => {
	await using rig = rigOn(server);
	await foreign.make(name, true);
	for (const n of times(6, (at) => at))
		await foreign.send(name, JSON.stringify({ n }), {}, n % 2 === 0 ? 'even' : 'odd');
	const from = { kind: 'existing', name } as const;
	const ours = await rig.consume({ from, order: 'key', handle: failing(1, ({ event: each }) => numberOf(each) === 2) });
	await until('all are done', () => ours.factsOf('done').length === 6);
	const done = ours.runs.filter(({ verdict }) => verdict?.as === 'done').map((run) => numberOf(run.event));
	expect(done.filter((n) => n % 2 === 0)).toEqual([0, 2, 4]);
	expect(done.filter((n) => n % 2 === 1)).toEqual([1, 3, 5]);

	const plain = `${name}-plain`;
	await foreign.make(plain);
	const error = await errorOf(rig.consume({ from: { kind: 'existing', name: plain }, order: 'key' }));
	expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('keeps no order') });
});

it('a test run gives back what it looked at', async () => {
	await using rig = rigOn(server);
	await foreign.make(name);
	await foreign.send(name, '{"order":1}');
	const test = await rig.consume({
		from: { kind: 'existing', name },
		group: 'test',
		lifetime: 'ephemeral',
		maxInFlight: 1,
	});
	await until('it has one', () => test.factsOf('done').length === 1);
	await test.consumer.close(5000);
	expect(await foreign.take(name)).toMatchObject([{ body: '{"order":1}' }]);
});

it('a topic may be named by its path, and gets the bare payload with attributes', async () => {
	await using rig = rigOn(server);
	await foreign.make(name);
	const settings = { format: 'raw', provision: 'verify', headers: { region: 'eu' } } as const;
	for (const given of [name, foreign.topic(name)]) {
		await rig.publish({ kind: 'existing', name: given }, [event({ payload: { order_id: 'ord_1' } })], settings);
	}
	const sent = { body: '{"order_id":"ord_1"}', attributes: { 'content-type': 'application/json', region: 'eu' } };
	expect(await foreign.take(name)).toMatchObject([sent, sent]);
});

it('what is missing, or is a topic and no subscription, is said', async () => {
	await using rig = rigOn(server);
	await foreign.publisher.createTopic({ name: foreign.topic(name) });
	const reading = async (what: string) => await errorOf(rig.consume({ from: { kind: 'existing', name: what } }));
	expect(await reading(name)).toMatchObject({ code: 'unsupported', hint: expect.stringContaining('as a channel') });
	expect(await reading('nowhere')).toMatchObject({ code: 'not-found', message: 'There is no subscription "nowhere"' });
	const outcomes = await rig.tryToPublish({ kind: 'existing', name: 'nowhere' }, [event()], { provision: 'verify' });
	expect(outcomes).toMatchObject([{ ok: false, error: { code: 'not-found' } }]);
});

it('a topic of others is a channel: bytes of any kind come, each as an event of its own', async () => {
	await using rig = rigOn(server);
	const from = rig.channel();
	const ours = await rig.consume({ from });
	const body = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
	for (const copy of [body, body]) await foreign.send(from.channel, copy);
	await until('both came', () => ours.factsOf('done').length === 2);
	for (const run of ours.runs) expect(run.event).toMatchObject({ payload: { data_base64: body.toString('base64') } });
	expect(new Set(ours.ids).size).toBe(2);
});

it('a long error and many headers survive a retry', async () => {
	await using rig = rigOn(server);
	const from = rig.channel();
	const headers = Object.fromEntries(times(120, (n) => [`x-${n}`, 'ü'.repeat(20)]));
	const error = 'ä'.repeat(2000);
	const ours = await rig.consume({ from, retry: TWO_ATTEMPTS, handle: () => fails(error) });
	await rig.publish(from, events(1), { headers });
	await until('it is a dead letter', async () => (await rig.deadLetters(from)).length === 1);
	expect(ours.runs.map(({ delivery }) => delivery.attempt)).toEqual([1, 2]);
	const [letter] = await rig.rawDeadLetters(from);
	expect(letter?.headers).toMatchObject(headers);
	expect((await rig.deadLetters(from))[0]?.deadLetter.error).toContain('ä'.repeat(500));
});
