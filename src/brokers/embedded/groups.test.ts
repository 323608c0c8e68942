import { EVENTS, message, messages, publishing, read, Rig } from '../../../test/embedded/rig';
import type { BrokerConnection, StartPosition } from '../../broker/types';

let rig: Rig;
let bus: BrokerConnection;

beforeEach(async () => {
	rig = await Rig.create();
	bus = await rig.connect();
});
afterEach(async () => await rig[Symbol.asyncDispose]());

describe('a new group', () => {
	it.each<[string, (at: { time: number; cursor: string }) => StartPosition, string[]]>([
		['earliest', () => ({ at: 'earliest' }), ['e0', 'e1', 'e2', 'e3']],
		['committed, else earliest', () => ({ at: 'committed', otherwise: { at: 'earliest' } }), ['e0', 'e1', 'e2', 'e3']],
		['latest', () => ({ at: 'latest' }), []],
		['committed, else latest', () => ({ at: 'committed', otherwise: { at: 'latest' } }), []],
		['a time', ({ time }) => ({ at: 'time', time }), ['e2', 'e3']],
		['a cursor, after it', ({ cursor }) => ({ at: 'cursor', cursor }), ['e2', 'e3']],
	])('starts at %s', async (_name, start, past) => {
		const [, second] = await bus.publish(EVENTS, messages(2), publishing());
		rig.clock.advance(1000);
		const time = rig.clock.now();
		await bus.publish(EVENTS, messages(4).slice(2), publishing());
		const reading = await read(bus, { start: start({ time, cursor: (second?.ok && second.cursor) || '' }) });
		await bus.publish(EVENTS, [message('new')], publishing());
		expect(await reading.ids(past.length + 1)).toEqual([...past, 'new']);
		expect(reading.subscription.generation).toBe(1);
	});

	it('refuses a position that is not one', async () => {
		await expect(read(bus, { start: { at: 'cursor', cursor: 'abc' } })).rejects.toMatchObject({ code: 'settings' });
	});

	it('gets what was published while nobody read, though nothing was ever delivered to it', async () => {
		await (await read(bus))[Symbol.asyncDispose]();
		await bus.publish(EVENTS, messages(20), publishing());
		expect(await (await read(bus)).ids(20)).toHaveLength(20);
	});

	it('is not made in a channel that must exist and does not', async () => {
		await expect(read(bus, { provision: 'verify' })).rejects.toMatchObject({ code: 'not-found' });
		await expect(read(bus, { from: { kind: 'existing', name: 'x' } })).rejects.toMatchObject({ code: 'not-found' });
		expect(await bus.topology.channels({ signal: new AbortController().signal, timeoutMs: 1000 })).toEqual([]);
	});
});

describe('a group that exists', () => {
	it('goes on where it stands, and begins a new generation when its start is reset', async () => {
		await bus.publish(EVENTS, messages(3), publishing());
		const first = await read(bus, { start: { at: 'earliest' } });
		await first.ack(await first.take(3));
		await first[Symbol.asyncDispose]();

		const second = await read(bus, { start: { at: 'committed', otherwise: { at: 'earliest' } } });
		expect(await second.batch(300)).toBeNull();
		expect(second.subscription.generation).toBe(1);
		await second[Symbol.asyncDispose]();

		const replay = await read(bus, { start: { at: 'earliest' } });
		expect(replay.subscription.generation).toBe(2);
		expect(await replay.ids(3)).toEqual(['e0', 'e1', 'e2']);
	});

	it('is not reset by a second reader, who joins where it stands', async () => {
		await bus.publish(EVENTS, messages(3), publishing());
		const first = await read(bus, { start: { at: 'earliest' } });
		await first.ack(await first.take(3));
		const second = await read(bus, { start: { at: 'earliest' } });
		expect(await second.batch(300)).toBeNull();
		expect(second.subscription.generation).toBe(1);
	});

	it('refuses a reader with other types while somebody reads it, and says who and what', async () => {
		await read(bus, { types: ['order.*'], consumer: 'workflow Y' });
		const refused = read(bus, { types: ['payment.*'] });
		await expect(refused).rejects.toMatchObject({ code: 'conflict' });
		await expect(refused).rejects.toThrow(/order\.\*.*workflow Y/);
		await expect(read(bus, { types: ['order.*'], ordered: true })).rejects.toMatchObject({ code: 'conflict' });
		await expect(read(bus, { types: ['order.*'] })).resolves.toBeDefined();
	});

	it('takes the new types of its only reader, and drops what waits and is not wanted any more', async () => {
		await (await read(bus, { types: ['order.*', 'stock.*'] }))[Symbol.asyncDispose]();
		const type = (name: string) => message(name, { type: name });
		await bus.publish(EVENTS, [type('order.a'), type('stock.a'), type('payment.a')], publishing());
		const reading = await read(bus, { types: ['payment.*', 'stock.*'] });
		await bus.publish(EVENTS, [type('order.b'), type('payment.b')], publishing());
		expect(await reading.ids(2)).toEqual(['stock.a', 'payment.b']);
		expect(await reading.batch(200)).toBeNull();
	});

	it('is reached alone by a message to the group, which is no part of the history', async () => {
		const one = await read(bus, { group: 'one' });
		const two = await read(bus, { group: 'two' });
		const toGroup = { kind: 'group', of: EVENTS, group: 'one' } as const;
		const [outcome] = await bus.publish(toGroup, [message('redriven', { type: 'anything' })], publishing());
		expect(outcome).toMatchObject({ ok: true, matched: 'yes' });
		const redriven = await one.take(1);
		expect(redriven).toHaveLength(1);
		expect(await two.batch(200)).toBeNull();
		const late = await read(bus, { group: 'late', start: { at: 'earliest' } });
		expect(await late.batch(200)).toBeNull();
		expect(await one.ack(redriven)).toEqual(['ok']);
	});

	it('must exist to be published to', async () => {
		await read(bus);
		const publish = bus.publish({ kind: 'group', of: EVENTS, group: 'nobody' }, [message('e')], publishing());
		await expect(publish).rejects.toMatchObject({ code: 'not-found' });
	});
});

it('removes an ephemeral group when its last reader leaves', async () => {
	const groups = async () => {
		const [state] = await bus.topology.inspect([EVENTS], { signal: new AbortController().signal, timeoutMs: 1000 });
		return state?.groups.map(({ group }) => group);
	};
	const one = await read(bus, { lifetime: 'ephemeral' });
	const two = await read(bus, { lifetime: 'ephemeral' });
	await bus.publish(EVENTS, messages(3), publishing());
	await one[Symbol.asyncDispose]();
	expect(await groups()).toEqual(['group']);
	await two[Symbol.asyncDispose]();
	expect(await groups()).toEqual([]);
});
