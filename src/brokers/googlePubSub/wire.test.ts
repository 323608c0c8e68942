import type { WireMessage } from '../../broker/types';
import { dueOf, fromNative, storedAt, toNative } from './wire';

const message: WireMessage = {
	id: 'evt_1',
	type: 'order.created',
	body: Buffer.from([0xff, 0x00, 0x7b]),
	headers: { 'content-type': 'application/json', region: 'eu' },
	orderingKey: 'customer 7',
	expiresAt: 1_800_000_000_000,
};

function roundTrip(one: WireMessage): WireMessage {
	const { data, attributes, orderingKey } = toNative(one);
	for (const [name, value] of Object.entries(attributes)) {
		expect(Buffer.byteLength(name)).toBeLessThanOrEqual(256);
		expect(Buffer.byteLength(value)).toBeLessThanOrEqual(1024);
	}
	expect(Object.keys(attributes).length).toBeLessThanOrEqual(100);
	return fromNative({ data, attributes, orderingKey, messageId: '17' });
}

it.each([
	['usual', message],
	['without a type, a key or a body', { id: 'evt_2', type: '', body: new Uint8Array(), headers: {} }],
	['with a long error', { ...message, headers: { 'eb-last-error': 'ä€😀"\\'.repeat(300), region: 'eu' } }],
	['with a name that Google keeps for itself', { ...message, headers: { 'goog-x': '1' } }],
	['with a name that is too long', { ...message, headers: { ['x'.repeat(300)]: '1' } }],
	['with a name as ours', { ...message, headers: { 'eb-headers-0': 'x' } }],
	[
		'with many headers',
		{ ...message, headers: Object.fromEntries(Array.from({ length: 150 }, (_v, n) => [`h${n}`, `${n}`])) },
	],
	['with a long key', { ...message, orderingKey: 'k'.repeat(2000) }],
])('a message %s comes back as it was', (_what, one: WireMessage) => {
	expect(roundTrip(one)).toEqual(one);
});

it('what others read is in attributes of its own, and filters find the type under a name without a dash', () => {
	expect(toNative(message)).toMatchObject({
		attributes: { eb_type: 'order.created', 'content-type': 'application/json', region: 'eu', 'eb-id': 'evt_1' },
		orderingKey: 'customer 7',
	});
});

it('what Google filters by stays an attribute, however many headers there are', () => {
	const headers = Object.fromEntries(Array.from({ length: 150 }, (_value, n) => [`h${n}`, `${n}`]));
	const { attributes } = toNative({ ...message, headers }, { group: 'billing', due: 17 });
	expect(attributes).toMatchObject({ eb_type: 'order.created', eb_group: 'billing', eb_due: '17' });
});

it('a message of others has the id and key that Google knows', () => {
	const data = Buffer.from('{}').toString('base64');
	expect(fromNative({ data, messageId: '17', orderingKey: 'k', attributes: null })).toEqual({
		id: '17',
		type: '',
		body: Buffer.from('{}'),
		headers: {},
		orderingKey: 'k',
	});
});

it('pieces that are no JSON are attributes of somebody else', () => {
	expect(fromNative({ messageId: '1', attributes: { 'eb-headers-0': '{"a":' } }).headers).toEqual({
		'eb-headers-0': '{"a":',
	});
});

it('a copy is due at its time, belongs to its group, and delays no other of its key', () => {
	const copy = toNative(message, { due: 17, group: 'billing', isAlone: true });
	expect(copy).toMatchObject({ orderingKey: '', attributes: { eb_group: 'billing' } });
	expect(dueOf(copy)).toBe(17);
	expect(dueOf(toNative(message))).toBe(0);
	expect(fromNative({ ...copy, messageId: '1' })).toEqual(message);
});

it('moments can be compared as text', () => {
	const moments = [
		{ seconds: '9', nanos: 5 },
		{ seconds: 10, nanos: 0 },
		{ seconds: '10', nanos: 20 },
	];
	const texts = moments.map((publishTime) => storedAt({ publishTime }));
	expect(texts.toSorted()).toEqual(texts);
});
