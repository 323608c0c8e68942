/**
 * Streams that were there before us, with entries, groups and readers that are not ours.
 */
import type { Server } from '../../../scripts/servers/server';
import { event, events, idsOf } from '../../conformance/events';
import { times, until } from '../../conformance/waiting';
import { redisCli } from '../../interop/redisCli';
import { errorOf } from '../errorOf';
import { addressOf, rigOn, start } from './redisBus';

let server: Server;
beforeAll(async () => {
	server = await start();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const rig = () => rigOn({ addresses: addressOf(server) });
const cli = async (...command: string[]) => await redisCli(server, ...command);
const EARLIEST = { at: 'committed', otherwise: { at: 'earliest' } } as const;

interface ForeignGroup {
	readonly name: string;
	readonly pending: number;
	readonly 'last-delivered-id': string;
	readonly consumers: number;
}

const groupsOf = async (stream: string) => (await cli('XINFO', 'GROUPS', stream)) as ForeignGroup[];

describe('an existing stream', () => {
	it('is read from its first entry, whatever its ids are, and its entries and the groups of others stay as they are', async () => {
		await using bus = rig();
		const stream = 'legacy:orders';
		// Ids that are no times: nothing of it may count as expired.
		for (const n of [1, 2, 3]) await cli('XADD', stream, `${n}-1`, 'order', String(n), 'city', 'Zürich');
		await cli('XGROUP', 'CREATE', stream, 'theirs', '0');
		await cli('XREADGROUP', 'GROUP', 'theirs', 'worker-1', 'COUNT', '2', 'STREAMS', stream, '>');
		const before = await groupsOf(stream);

		const from = { kind: 'existing', name: stream } as const;
		const ours = await bus.consume({ from, start: EARLIEST });
		await until('all three run', () => ours.factsOf('done').length === 3);
		expect(ours.runs.map((run) => run.event.payload)).toEqual(
			[1, 2, 3].map((n) => ({ order: String(n), city: 'Zürich' })),
		);
		await ours.consumer.close(1000);

		const theirs = (await groupsOf(stream)).filter(({ name }) => name === 'theirs');
		expect(theirs).toEqual(before);
		expect(await cli('XLEN', stream)).toBe(3);

		// Removing what is ours leaves what is not.
		const { topology } = await bus.connection();
		await topology.apply(await topology.plan({ present: [], absent: [from] }, bus.call()), bus.call());
		expect(await groupsOf(stream)).toEqual(before);
		expect(await cli('KEYS', '{legacy:orders}*')).toEqual([]);
	});

	it('is not made, and neither is a group on it without the right to', async () => {
		await using bus = rig();
		const missing = { kind: 'existing', name: 'legacy:nowhere' } as const;
		expect(await errorOf(bus.consume({ from: missing }))).toMatchObject({ code: 'not-found' });
		await cli('XADD', 'legacy:somewhere', '*', 'n', '1');
		const somewhere = { kind: 'existing', name: 'legacy:somewhere' } as const;
		const error = await errorOf(bus.consume({ from: somewhere, provision: 'verify' }));
		expect(error).toMatchObject({ code: 'not-found', hint: expect.stringContaining('XGROUP CREATE') });
		expect(await groupsOf('legacy:somewhere')).toEqual([]);
		const [outcome] = await bus.tryToPublish(missing, [event()]);
		expect(outcome).toMatchObject({ ok: false, error: { code: 'not-found' } });
		expect(await cli('EXISTS', 'legacy:nowhere')).toBe(0);
	});

	it('of another kind of key is refused by name', async () => {
		await using bus = rig();
		await cli('LPUSH', 'legacy:list', 'x');
		const from = { kind: 'existing', name: 'legacy:list' } as const;
		const error = await errorOf(bus.consume({ from }));
		expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining('is a list, not a stream') });
		const [outcome] = await bus.tryToPublish(from, [event()]);
		expect(outcome).toMatchObject({ ok: false, error: { code: 'conflict' } });
		expect(await cli('LRANGE', 'legacy:list', '0', '-1')).toEqual(['x']);
	});

	it('may be read in a group that others read as well: they share, and the group outlives us', async () => {
		await using bus = rig();
		const stream = 'legacy:shared';
		await cli('XADD', stream, '*', 'n', '0');
		await cli('XGROUP', 'CREATE', stream, 'shared', '0');
		await cli('XREADGROUP', 'GROUP', 'shared', 'theirs', 'COUNT', '1', 'STREAMS', stream, '>');
		for (const n of [1, 2]) await cli('XADD', stream, '*', 'n', String(n));
		const from = { kind: 'existing', name: stream } as const;
		// Even if it were a test that tidies up after itself.
		const ours = await bus.consume({ from, group: 'shared', lifetime: 'ephemeral', start: EARLIEST });
		await until('the two that nobody had run', () => ours.factsOf('done').length === 2);
		await ours.consumer.close(1000);
		expect(await groupsOf(stream)).toMatchObject([{ name: 'shared', pending: 1, consumers: 1 }]);
	});
});

describe('an entry', () => {
	it('with bytes that are no text is kept byte for byte as a dead letter, or is an event with its bytes', async () => {
		await using bus = rig();
		const channel = bus.channel();
		const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
		const one = await bus.consume({ from: channel });
		await bus.publishRaw(channel, [bytes], { 'content-type': 'application/json' });
		await until('a dead letter', async () => (await bus.deadLetters(channel)).length === 1);
		expect((await bus.deadLetters(channel))[0]?.raw).toBe(bytes.toString('base64'));
		await bus.publishRaw(channel, [bytes]);
		await until('the other runs', () => one.runs.length === 1);
		expect(one.runs[0]?.event.payload).toEqual({ data_base64: bytes.toString('base64') });
	});

	it('that is too large is refused by itself, and the rest of its batch is stored', async () => {
		await using bus = rig();
		const channel = bus.channel();
		const one = await bus.consume({ from: channel });
		const { maxBytes } = bus.capabilities;
		const bodies = [Buffer.from('{"n":1}'), Buffer.alloc(maxBytes + 1, 0x20), Buffer.from('{"n":2}')];
		const messages = bodies.map((body, n) => ({ id: `m${n}`, type: '', body, headers: {} }));
		const connection = await bus.connection();
		const outcomes = await connection.publish(channel, messages, { ...bus.call(), provision: 'create' });
		expect(outcomes).toMatchObject([{ ok: true }, { ok: false, error: { code: 'too-large' } }, { ok: true }]);
		await until('the other two run', () => one.runs.length === 2);
	});

	it('that somebody removes while a consumer that is gone held it is reported, not passed over', async () => {
		await using bus = rig();
		const channel = bus.channel();
		const connection = await bus.open();
		const holder = await bus.subscribe(channel, { leaseMs: 500 }, connection);
		await bus.publish(channel, events(2));
		const held = [];
		for await (const deliveries of holder.batches()) {
			held.push(...deliveries);
			if (held.length === 2) break;
		}
		await cli('XDEL', channel.channel, held[0]?.cursor ?? '');
		const heir = await bus.consume({ from: channel, leaseMs: 500 });
		await until('the other one runs', () => heir.runs.length === 1, 20_000);
		expect(bus.complaints.join('\n')).toContain('1 events of ');
		bus.complaints.length = 0;
	});
});

describe('a group', () => {
	it('starts after a given entry', async () => {
		await using bus = rig();
		const channel = bus.channel();
		const published = events(5);
		const stored = await bus.publish(channel, published);
		const start = { at: 'committed', otherwise: { at: 'cursor', cursor: stored[2]?.cursor ?? '' } } as const;
		const one = await bus.consume({ from: channel, start });
		await until('the last two run', () => one.runs.length >= 2);
		expect(one.ids).toEqual(idsOf(published.slice(3)));
		const wrong = { at: 'committed', otherwise: { at: 'cursor', cursor: 'offset 7' } } as const;
		expect(await errorOf(bus.consume({ from: channel, group: 'other', start: wrong }))).toMatchObject({
			code: 'settings',
		});
	});

	it('shows its members by the name of their instance, and no more once they are gone', async () => {
		await using bus = rig();
		const channel = bus.channel();
		const subscription = await bus.subscribe(channel, { consumer: 'n8n-main-7' });
		await bus.publish(channel, events(3));
		for await (const deliveries of subscription.batches()) if (deliveries.length > 0) break;
		const consumers = (await cli('XINFO', 'CONSUMERS', channel.channel, 'group')) as { readonly name: string }[];
		expect(consumers.map(({ name }) => name.replace(/\.\w+$/, ''))).toEqual(['n8n-main-7']);
		await subscription[Symbol.asyncDispose]();
		const left = (await cli('XINFO', 'CONSUMERS', channel.channel, 'group')) as { readonly name: string }[];
		// What it held is free, and nobody's.
		expect(left.map(({ name }) => name)).toEqual(['released']);
	});

	it('shares its inbox with every process that reads it', async () => {
		await using bus = rig();
		const [first, second] = [(await bus.open()).inbox, (await bus.open()).inbox];
		if (!first || !second) throw new Error('There is no inbox on Redis');
		const keys = times(3, (n) => `shared/${Date.now()}/${n}`);
		const states = async (inbox: typeof first, owner: string) =>
			(await inbox.begin(keys, owner, 60_000, bus.call())).map(({ state }) => state);
		expect(first.scope).toBe('shared');
		expect(await states(first, 'a')).toEqual(['new', 'new', 'new']);
		expect(await states(second, 'b')).toEqual(['busy', 'busy', 'busy']);
		expect(await second.finish(keys, 'b', 60_000, bus.call())).toEqual([false, false, false]);
		expect(await first.finish(keys, 'a', 60_000, bus.call())).toEqual([true, true, true]);
		expect(await states(second, 'b')).toEqual(['done', 'done', 'done']);
	});
});
