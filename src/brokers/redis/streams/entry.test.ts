import type { WireMessage } from '../../../broker/types';
import { fromFields, ORIGIN, toFields } from './entry';

const ID = '1767225600000-0';

function read(fields: readonly (string | Buffer)[]) {
	return fromFields(
		ID,
		fields.map((field) => Buffer.from(field)),
	);
}

describe('a message of ours', () => {
	const message: WireMessage = {
		id: 'e1',
		type: 'order.created',
		body: Buffer.from([0xff, 0x00]),
		headers: { 'content-type': 'application/json', body: 'a header that is called so', 'x-empty': '' },
		orderingKey: 'customer-7',
		expiresAt: 1_767_225_600_000,
	};

	it('comes back as it was', () => {
		const { message: received, cursor } = read(toFields(message, null));
		expect({ ...received, body: Buffer.from(received.body) }).toEqual(message);
		expect(cursor).toBe(ID);
	});

	it('as a copy knows where it was first', () => {
		const { message: received, cursor } = read(toFields(message, '1-0'));
		expect(cursor).toBe('1-0');
		expect(received.headers).not.toHaveProperty(ORIGIN);
	});
});

describe('an entry of others', () => {
	const textOf = (...fields: string[]) => Buffer.from(read(fields).message.body).toString();

	it.each<[string, string[], string]>([
		['with fields is the JSON of its fields', ['order', '7', 'total', '3'], '{"order":"7","total":"3"}'],
		['with one field that holds a JSON object is that', ['data', ' {"a":1} '], ' {"a":1} '],
		['with one field that holds none is the JSON of it', ['n', '1'], '{"n":"1"}'],
		['with one field `body` is its body', ['body', 'hello'], 'hello'],
		['with a field `body` among others is the JSON of all', ['body', 'tall', 'age', '7'], '{"body":"tall","age":"7"}'],
		['with a body and a content type is its body', ['body', 'x', 'content-type', 'text/plain'], 'x'],
	])('%s', (_what, fields, expected) => {
		expect(textOf(...fields)).toBe(expected);
		expect(read(fields).message.id).toBe(ID);
	});
});
