import fc from 'fast-check';
import { packHeaders, unpackMessage } from './packedMessage';
import type { WireMessage } from './types';

const messages: fc.Arbitrary<WireMessage> = fc.record(
	{
		id: fc.string({ minLength: 1 }),
		type: fc.constantFrom('', 'order.created'),
		body: fc.uint8Array(),
		headers: fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,8}$/), fc.string()),
		orderingKey: fc.string(),
		expiresAt: fc.nat(),
	},
	{ requiredKeys: ['id', 'type', 'body', 'headers'] },
);

describe('a packed message', () => {
	it('is the same after it was unpacked', () => {
		fc.assert(
			fc.property(messages, (message) => {
				expect(unpackMessage(message.body, packHeaders(message), { id: 'native' })).toEqual(message);
			}),
		);
	});

	it('keeps what the broker knows of a foreign message', () => {
		const foreign = unpackMessage(
			Buffer.from('{}'),
			{ 'Content-Type': 'application/json' },
			{ id: '7', orderingKey: 'k' },
		);
		expect(foreign).toEqual({
			id: '7',
			type: '',
			body: Buffer.from('{}'),
			headers: { 'content-type': 'application/json' },
			orderingKey: 'k',
		});
	});
});
