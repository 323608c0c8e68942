import { call, EVENTS, message, messages, publishing, read, Rig } from '../../../test/embedded/rig';
import type { BrokerConnection } from '../../broker/types';

let rig: Rig;
let bus: BrokerConnection;

beforeEach(async () => {
	rig = await Rig.create();
	bus = await rig.connect();
});
afterEach(async () => await rig[Symbol.asyncDispose]());

const deadLettersOf = (group: string | null) => ({ kind: 'dead-letters', of: EVENTS, group }) as const;

async function list(group: string | null, after: string | null = null, limit = 100) {
	const page = await bus.deadLetters.list(deadLettersOf(group), { after, limit }, call());
	return { ...page, ids: page.items.map(({ message: { id } }) => id) };
}

it('lists the dead letters of one group, or of all, oldest first and in pages', async () => {
	await bus.publish(deadLettersOf('one'), messages(3), publishing());
	await bus.publish(deadLettersOf('two'), [message('other')], publishing());
	const first = await list('one', null, 2);
	expect(first).toMatchObject({ ids: ['e0', 'e1'], complete: true });
	const second = await list('one', first.next, 2);
	expect(second).toMatchObject({ ids: ['e2'], next: null });
	expect((await list(null)).ids).toEqual(['e0', 'e1', 'e2', 'other']);
	expect((await list('nobody')).ids).toEqual([]);
});

it('ends a page early rather than carry too many bytes', async () => {
	const body = new Uint8Array(3 * 1024 * 1024);
	await bus.publish(
		deadLettersOf('one'),
		['a', 'b', 'c', 'd'].map((id) => message(id, { body })),
		publishing(),
	);
	const page = await list('one');
	expect(page.ids).toEqual(['a', 'b']);
	expect((await list('one', page.next)).ids).toEqual(['c', 'd']);
});

it('removes those that are named, once, and only of that group', async () => {
	await bus.publish(deadLettersOf('one'), messages(3), publishing());
	const ids = (await list('one')).items.map(({ id }) => id).slice(0, 2);
	expect(await bus.deadLetters.remove(deadLettersOf('two'), ids, call())).toBe(0);
	expect(await bus.deadLetters.remove(deadLettersOf('one'), [...ids, 'nonsense', '999'], call())).toBe(2);
	expect(await bus.deadLetters.remove(deadLettersOf('one'), ids, call())).toBe(0);
	expect((await list('one')).ids).toEqual(['e2']);
});

it.each([['one'], [null]])('can be listened to like a channel (of %s) without being removed', async (group) => {
	await bus.publish(deadLettersOf('one'), [message('past')], publishing());
	const reading = await read(bus, { from: deadLettersOf(group), group: 'alert', start: { at: 'earliest' } });
	await bus.publish(deadLettersOf('one'), [message('fresh')], publishing());
	const taken = await reading.take(2);
	expect(taken.map(({ message: { id } }) => id)).toEqual(['past', 'fresh']);
	await reading.ack(taken);
	expect((await list('one')).ids).toEqual(['past', 'fresh']);
});

it('keeps the dead letters of a deleted group, and counts them while it lives', async () => {
	await (await read(bus, { group: 'one' }))[Symbol.asyncDispose]();
	await bus.publish(deadLettersOf('one'), messages(3), publishing());
	expect((await bus.topology.inspect([EVENTS], call()))[0]?.groups[0]).toMatchObject({ deadLetters: 3 });
	const absent = [{ kind: 'group', of: EVENTS, group: 'one' } as const];
	const changes = await bus.topology.plan({ present: [], absent }, call());
	expect(changes).toMatchObject([
		{ action: 'delete', destructive: true, summary: expect.stringContaining('0 unread') },
	]);
	await bus.topology.apply(changes, call());
	expect((await list('one')).ids).toHaveLength(3);
	const removal = await bus.topology.plan({ present: [], absent: [deadLettersOf('one')] }, call());
	expect(removal).toMatchObject([{ action: 'delete', destructive: true, summary: expect.stringContaining('3') }]);
	await bus.topology.apply(removal, call());
	expect((await list('one')).ids).toEqual([]);
});

it('does not delete a group or a channel that is being read', async () => {
	await read(bus);
	for (const address of [EVENTS, { kind: 'group', of: EVENTS, group: 'group' } as const]) {
		const changes = await bus.topology.plan({ present: [], absent: [address] }, call());
		expect(changes).toHaveLength(1);
		await expect(bus.topology.apply(changes, call())).rejects.toMatchObject({ code: 'conflict' });
	}
});

it('makes a channel and a group that collects everything until its first reader comes', async () => {
	const group = { kind: 'group', of: EVENTS, group: 'prepared' } as const;
	const changes = await bus.topology.plan({ present: [EVENTS, group], absent: [] }, call());
	expect(changes.map(({ action, resource }) => [action, resource])).toEqual([
		['create', 'events'],
		['create', 'events:prepared'],
	]);
	await bus.topology.apply(changes, call());
	await bus.topology.apply(changes, call());
	expect(await bus.topology.plan({ present: [EVENTS, group], absent: [] }, call())).toEqual([]);
	await bus.publish(EVENTS, messages(2), publishing('verify'));
	expect(await (await read(bus, { group: 'prepared' })).ids(2)).toEqual(['e0', 'e1']);
});
