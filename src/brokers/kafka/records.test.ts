/**
 * From message to record and back: keys, headers, and the two ways in which CloudEvents are written.
 */
import { sizeOf, toMessage, toRecord, tombstone } from './records';
import type { WireMessage } from '../../broker/types';
import type { IncomingRecord, OutgoingRecord } from './protocol';

const message: WireMessage = {
	id: 'evt_1',
	type: 'order.created',
	body: Buffer.from([0xff, 0x00, 0x7b]),
	headers: { 'content-type': 'application/json', 'ce-subject': 'caf%C3%A9%20%25', 'x-own': '100 %' },
	orderingKey: 'customer-7',
};

const received = ({ key, value, headers, timestamp }: OutgoingRecord): IncomingRecord => ({
	offset: '0',
	timestamp,
	key,
	value,
	headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
	isControlRecord: false,
});

it('comes back as it was', () => {
	expect(toMessage(received(toRecord(message, 0)), 'orders:0:0', true)).toEqual({ ...message });
});

it('is keyed by the ordering key, and by something else where that is asked for', () => {
	expect(toRecord(message, 0).key?.toString()).toBe('customer-7');
	expect(toRecord(message, 0, 'other').key?.toString()).toBe('other');
	const { orderingKey: _key, ...withoutKey } = message;
	expect(toRecord(withoutKey, 0).key).toBeNull();
});

it('writes CloudEvents as the binding for Kafka says', () => {
	expect(toRecord(message, 0).headers).toMatchObject({ ce_subject: 'café %', 'x-own': '100 %' });
});

it.each([
	['ce_subject', 'café %', 'caf%C3%A9%20%25'],
	['CE_subject', 'plain', 'plain'],
])('reads CloudEvents as the binding for Kafka says: %s', (name, text, expected) => {
	const { headers } = toMessage(
		{ ...received(toRecord(message, 0)), headers: { [name]: Buffer.from(text) } },
		'',
		true,
	);
	expect(headers).toEqual({ 'ce-subject': expected });
});

it('makes a message of a foreign record: its place is its id, its key the ordering key', () => {
	const record = {
		...received(tombstone('k', 0)),
		headers: { Region: [Buffer.from('us'), Buffer.from('eu')], no: null },
	};
	expect(toMessage(record, 'orders:0:7', true)).toEqual({
		id: 'orders:0:7',
		type: '',
		body: new Uint8Array(),
		headers: { region: 'eu', no: '' },
		orderingKey: 'k',
	});
	expect(toMessage(record, 'orders:0:7', false)).not.toHaveProperty('orderingKey');
});

it('counts the bytes of headers', () => {
	const { size, bigger } = {
		size: sizeOf(toRecord(message, 0)),
		bigger: { ...message.headers, more: 'x'.repeat(1000) },
	};
	expect(sizeOf(toRecord({ ...message, headers: bigger }, 0)) - size).toBeGreaterThan(1000);
});
