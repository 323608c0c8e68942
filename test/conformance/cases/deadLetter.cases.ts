/**
 * Dead letters: what ends there, with which story, and what a person can do with it.
 */
import assert from 'node:assert/strict';
import { compilePayloadSchema } from '../../../src/event/payloadSchema';
import type { Case } from '../case';
import { event, events, idsOf, numberOf } from '../events';
import { fails } from '../recorder';
import { takeMessages } from '../bareSubscription';
import type { Channel, Rig } from '../rig';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

const ONE_ATTEMPT = { maxAttempts: 1, backoff: { initialMs: 100, factor: 1, maxMs: 100, jitter: 0 } };

export const deadLetterCases: readonly Case[] = [
	{
		number: 19,
		name: 'dead_letter_after_max',
		says: 'keeps an event that failed three times as one dead letter, byte for byte, with the whole story',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const startedAt = Date.now();
			const bodies = await rig.subscribe(channel, { group: 'bodies' });
			const one = await rig.consume({
				from: channel,
				retry: { ...ONE_ATTEMPT, maxAttempts: 3 },
				handle: () => fails('no stock left'),
			});
			const published = times(5, (n) => event({ payload: { n, text: 'ünïcode' } }));
			await rig.publish(channel, published);
			await until('five dead letters', async () => (await rig.deadLetters(channel)).length === 5, 15_000);
			await pause(300);

			assert.equal(one.runs.length, 15);
			const items = await rig.deadLetters(channel);
			assertSame(items.map(({ event: each }) => each?.event_id).toSorted(), idsOf(published).toSorted());
			for (const { deadLetter } of items) {
				const {
					dead_lettered_at: at,
					first_failure_at: first,
					last_failure_at: last,
					position,
					id,
					...rest
				} = deadLetter;
				assertSame(rest, {
					reason: 'max_attempts',
					error: 'PurposeError: no stock left',
					attempts: 3,
					channel: channel.channel,
					group: 'group',
					workflow_id: 'workflow-7',
					execution_id: 'execution-42',
					redrives: 0,
				});
				assert.ok(id !== '' && position !== '');
				const moments = [new Date(startedAt).toISOString(), first ?? '', last ?? '', at];
				assertSame(moments.toSorted(), moments, 'started, failed first, failed last, dead-lettered');
			}
			assertSame(hexOf(await rig.rawDeadLetters(channel)), hexOf(await takeMessages(rig, bodies, 5)));
			if (rig.capabilities.topology.has('inspect')) {
				const state = await rig.groupState(channel);
				assert.equal((state?.backlog ?? 0) + (state?.inFlight ?? 0), 0);
			}
		},
	},
	{
		number: 20,
		name: 'permanent_error_skips_retry',
		says: 'dead-letters an event after one run when the error is permanent',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel, handle: () => fails('bad address', false) });
			await rig.publish(channel, events(5));
			await until('five dead letters', async () => (await rig.deadLetters(channel)).length === 5);
			await pause(300);
			assert.equal(one.runs.length, 5);
			const reasons = (await rig.deadLetters(channel)).map(({ deadLetter }) => deadLetter.reason);
			assertSame(
				reasons,
				times(5, () => 'permanent'),
			);
		},
	},
	{
		number: 21,
		name: 'undecodable_to_dlq',
		says: 'keeps bytes that are no event as dead letters, untouched, and goes on with the good ones',
		needs: ['settling', 'completeDeadLetters', 'messages'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const contentType = { 'content-type': 'application/vnd.event-bus+json;v=1' };
			const broken = [Buffer.from('{"event_type":'), Buffer.from([0xff, 0xfe, 0x00, 0x80]), Buffer.from('[]')];
			await rig.publish(channel, events(5));
			await rig.publishRaw(channel, broken, contentType);
			await rig.publish(channel, events(5));
			await until('three dead letters', async () => (await rig.deadLetters(channel)).length === 3);
			await until('ten are done', () => one.factsOf('done').length === 10);

			assert.equal(one.runs.length, 10);
			const items = await rig.deadLetters(channel);
			assert.ok(items.every(({ deadLetter }) => deadLetter.reason === 'undecodable'));
			const kept = items.map(({ raw }) => raw);
			assertSame(kept.toSorted(), broken.map((bytes) => bytes.toString('base64')).toSorted());
		},
	},
	{
		number: null,
		name: 'newer_version_to_dlq',
		says: 'dead-letters a newer major version of the wire format instead of guessing',
		needs: ['settling', 'completeDeadLetters', 'messages'],
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const contentType = { 'content-type': 'application/vnd.event-bus+json;v=2' };
			await rig.publishRaw(channel, [JSON.stringify(event())], contentType);
			await until('a dead letter', async () => (await rig.deadLetters(channel)).length === 1);
			const [item] = await rig.deadLetters(channel);
			assert.equal(item?.deadLetter.reason, 'unsupported_version');
			assert.equal(one.runs.length, 0);
		},
	},
	{
		number: null,
		name: 'payload_schema',
		says: 'runs no event whose payload does not fit the schema: a dead letter that says why, or discarded if so wished',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const payloadCheck = compilePayloadSchema('{ "type": "object", "properties": { "n": { "minimum": 5 } } }');
			const strict = await rig.consume({ from: channel, payloadCheck });
			const forgetful = await rig.consume({
				from: channel,
				payloadCheck,
				group: 'forgetful',
				badPayload: 'discard',
			});
			const published = events(10);
			await rig.publish(channel, published);
			for (const one of [strict, forgetful]) await until('five are done', () => one.factsOf('done').length === 5);
			await until('five dead letters', async () => (await rig.deadLetters(channel)).length === 5);
			await until('five are discarded', () => forgetful.factsOf('discarded').length === 5);
			await pause(200);

			const fitting = idsOf(published.slice(5)).toSorted();
			for (const one of [strict, forgetful]) assertSame(one.ids.toSorted(), fitting);
			for (const { event: kept, deadLetter } of await rig.deadLetters(channel)) {
				assert.equal(deadLetter.reason, 'invalid_payload');
				assert.equal(deadLetter.attempts, 0);
				assert.match(deadLetter.error, /\/n: /);
				assert.ok(kept && !fitting.includes(kept.event_id));
			}
			assert.equal((await rig.deadLetters(channel, {}, 'forgetful')).length, 0);

			// Redriven as it is, it does not fit this time either.
			assert.equal(await rig.redrive(channel, { limit: 1 }), 1);
			await until('it is back', async () => {
				const letters = await rig.deadLetters(channel);
				return letters.length === 5 && letters.some(({ deadLetter }) => deadLetter.redrives === 1);
			});
			assertSame(strict.ids.toSorted(), fitting);
		},
	},
	{
		number: 23,
		name: 'redrive',
		says: 'gives exactly the chosen dead letters back, oldest first, as attempt 1 of redrive 1',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			assert.equal(await rig.redrive(channel), 0);
			const { published, fix } = await twentyDeadLetters(rig, channel);
			const again = await fix();
			assert.equal(await rig.redrive(channel, { types: ['order.*'], limit: 15 }), 15);
			await until('15 are done', () => again.factsOf('done').length === 15);

			const orders = published.filter(({ event_type: type }) => type === 'order.created').slice(0, 15);
			assertSame(again.ids, idsOf(orders));
			assert.ok(again.runs.every(({ delivery }) => delivery.attempt === 1 && delivery.redrives === 1));
			assert.equal((await rig.deadLetters(channel)).length, 5);
		},
	},
	{
		number: null,
		name: 'dead_letters_selective',
		says: 'lists by filter without changing anything, and leaves what was not redriven readable, in order',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const { published, fix } = await twentyDeadLetters(rig, channel);
			const isOther = ({ event_type: type }: { event_type: string }) => type === 'payment.made';
			const shown = await rig.deadLetters(channel, { types: ['order.*'], limit: 15 });
			assert.equal(shown.length, 15);
			assert.equal((await rig.deadLetters(channel)).length, 20);
			assertSame(
				(await rig.rawDeadLetters(channel)).map(({ body }) => numberOf(JSON.parse(Buffer.from(body).toString()))),
				times(20, (n) => n),
				'page by page, in the same order',
			);

			const again = await fix();
			assert.equal(await rig.redrive(channel, { ids: shown.map(({ id }) => id) }), 15);
			await until('15 are done', () => again.factsOf('done').length === 15);
			assertSame(again.doneIds, shown.map(({ event: each }) => each?.event_id ?? '').toSorted());
			const left = (await rig.deadLetters(channel)).map(({ event: each }) => each?.event_id);
			const expected = published.filter((each) => isOther(each) || !again.ids.includes(each.event_id));
			assertSame(left, idsOf(expected));
		},
	},
	{
		number: null,
		name: 'redrive_is_private',
		says: 'shows nothing of a redrive to other groups, and runs an event again that is redriven twice within a minute',
		needs: ['groups', 'settling', 'completeDeadLetters'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			let broken = true;
			const one = await rig.consume({
				from: channel,
				retry: ONE_ATTEMPT,
				handle: () => (broken ? fails() : undefined),
			});
			// Without an inbox, which would hide what it sees twice.
			const other = await rig.consume({ from: channel, group: 'other', deduplicateMs: 0 });
			await rig.publish(channel, events(3));
			const dead = async () => (await rig.deadLetters(channel)).length === 3;
			await until('three dead letters', dead);
			assert.equal(await rig.redrive(channel), 3);
			await until('they fail again', async () => one.runs.length === 6 && (await dead()));
			broken = false;
			assert.equal(await rig.redrive(channel), 3);
			await until('they are done', () => one.factsOf('done').length === 3);
			await pause(300);

			assertSame(
				one.runs.map(({ delivery }) => delivery.redrives),
				[0, 0, 0, 1, 1, 1, 2, 2, 2],
			);
			assert.equal(other.runs.length, 3);
			assert.equal((await rig.deadLetters(channel)).length, 0);
		},
	},
	{
		number: null,
		name: 'listen_to_dead_letters',
		says: 'shows every dead letter of a channel with its reason to a listener, and removes none',
		needs: ['settling', 'completeDeadLetters', 'messages'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const listener = await rig.consume({
				from: { kind: 'dead-letters', of: channel, group: null },
				group: 'alerts',
			});
			await rig.consume({ from: channel, retry: ONE_ATTEMPT, handle: () => fails('no stock left') });
			const published = events(5);
			await rig.publish(channel, published);
			await until('the listener sees all', () => listener.factsOf('done').length === 5);
			assertSame(listener.ids.toSorted(), idsOf(published).toSorted());
			for (const { deadLetter } of listener.runs) {
				assert.equal(deadLetter?.reason, 'max_attempts');
				assert.equal(deadLetter.error, 'PurposeError: no stock left');
				assert.equal(deadLetter.group, 'group');
			}
			assert.equal((await rig.deadLetters(channel)).length, 5);
		},
	},
	{
		number: 43,
		name: 'hop_limit',
		says: 'stops two consumers that trigger each other after 16 hops',
		needs: ['settling', 'completeDeadLetters'],
		limitMs: 20_000,
		async run(rig) {
			const [ping, pong] = [rig.channel(), rig.channel()];
			const answerOn =
				(to: Channel) => async (run: { readonly event: { readonly metadata: { readonly hops: number } } }) => {
					await rig.publish(to, [event({ metadata: { hops: run.event.metadata.hops + 1 } })]);
				};
			const consumers = [
				await rig.consume({ from: ping, handle: answerOn(pong) }),
				await rig.consume({ from: pong, handle: answerOn(ping) }),
			];
			await rig.publish(ping, [event()]);
			const dead = async () => [...(await rig.deadLetters(ping)), ...(await rig.deadLetters(pong))];
			await until('a dead letter', async () => (await dead()).length === 1, 15_000);
			await pause(300);
			const [item, ...more] = await dead();
			assert.equal(item?.deadLetter.reason, 'hop_limit');
			assert.equal(more.length, 0);
			const hops = consumers.flatMap(({ runs }) => runs.map((run) => run.event.metadata.hops));
			assertSame(
				hops.toSorted((a, b) => a - b),
				times(16, (n) => n),
			);
		},
	},
];

/** 16 orders and 4 payments, all failed once; `fix` starts a consumer that succeeds. */
async function twentyDeadLetters(rig: Rig, channel: Channel) {
	const start = Date.now();
	const published = times(20, (n) => {
		const type = n % 5 === 4 ? 'payment.made' : 'order.created';
		const metadata = { timestamp: new Date(start + n).toISOString() };
		// One key: a broker with partitions keeps no order among others.
		return event({ type, key: 'all', payload: { n }, metadata });
	});
	const broken = await rig.consume({ from: channel, maxInFlight: 1, retry: ONE_ATTEMPT, handle: () => fails() });
	await rig.publish(channel, published);
	await until('20 dead letters', async () => (await rig.deadLetters(channel)).length === 20);
	const order = (await rig.deadLetters(channel)).map(({ event: each }) => (each ? numberOf(each) : -1));
	assertSame(
		order,
		times(20, (n) => n),
		'oldest first',
	);
	const fix = async () => {
		await broken.consumer.close(5000);
		return await rig.consume({ from: channel, maxInFlight: 1 });
	};
	return { published, fix };
}

function hexOf(messages: readonly { readonly body: Uint8Array }[]): string[] {
	return messages.map(({ body }) => Buffer.from(body).toString('hex')).toSorted();
}
