import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import {
	readDocument,
	readDocumentId,
	readExpectedDocument,
	readFindSettings,
	readGetSettings,
	readPatch,
} from './readModelSettings';
import type { SettingsContext } from './settings';

type Parameters = Readonly<Record<string, unknown>>;

function context(parameters: Parameters): SettingsContext {
	const all: Parameters = { readModel: { value: 'orders' }, ...parameters };
	const getNodeParameter = (name: string, _item: number, otherwise: unknown) => (name in all ? all[name] : otherwise);
	return {
		getNodeParameter: getNodeParameter as IExecuteFunctions['getNodeParameter'],
		getTimezone: () => 'Europe/Berlin',
	};
}

const refused = (message: string | RegExp): Error =>
	expect.objectContaining({ code: 'settings', message: expect.stringMatching(message) as string }) as Error;

describe('the value of a filter', () => {
	const valuesOf = (value: unknown, operator = 'equals') => {
		const filters = { filter: [{ field: 'status', operator, value }] };
		return readFindSettings(context({ filters }), 0).query.where[0]?.values;
	};

	it.each<[unknown, readonly unknown[]]>([
		['paid', ['paid']],
		['5', [5, '5']],
		['-0.5', [-0.5, '-0.5']],
		['007', ['007']],
		['1e5', ['1e5']],
		['12345678901234567890', ['12345678901234567890']],
		['true', [true, 'true']],
		['null', [null, 'null']],
		['', ['']],
		[5, [5, '5']],
		[null, [null, 'null']],
		[
			['a', 1, '1'],
			['a', 1, '1'],
		],
		["'; DROP TABLE document; --", ["'; DROP TABLE document; --"]],
	])('%j matches %j', (value, expected) => expect(valuesOf(value)).toEqual(expected));

	it.each(['exists', 'notExists'])('is not looked at for %s', (operator) => {
		expect(valuesOf('left over', operator)).toEqual([]);
	});

	it.each([{ a: 1 }, undefined])('is refused when it is %j', (value) => {
		expect(() => valuesOf(value)).toThrow(refused(/neither a text nor a number/));
	});
});

describe('a search', () => {
	it('is what the panel says', () => {
		const settings = readFindSettings(
			context({
				match: 'any',
				filters: { filter: [{ field: 'customer.name', operator: 'startsWith', value: 'A' }] },
				sortBy: 'created_at',
				sortDirection: 'descending',
				limit: 10,
				options: { skip: 20, returnFields: 'id' },
			}),
			0,
		);
		expect(settings.query).toEqual({
			model: 'orders',
			match: 'any',
			where: [{ path: 'customer.name', operator: 'startsWith', values: ['A'] }],
			sort: { path: 'created_at', descending: true },
			limit: 10,
			offset: 20,
		});
		expect([...settings.fields.keys()]).toEqual(['id']);
	});

	it('is for all documents, by id, when nothing is filled in', () => {
		expect(readFindSettings(context({ returnAll: true }), 0).query).toEqual({
			model: 'orders',
			match: 'all',
			where: [],
			sort: null,
			limit: Infinity,
			offset: 0,
		});
	});

	it.each<[string, Parameters, RegExp]>([
		['a field', { field: ' ', operator: 'equals' }, /Field of a filter is empty/],
		['an operator that exists', { field: 'a', operator: 'like' }, /not one of its choices/],
	])('needs %s', (_name, row, message) => {
		expect(() => readFindSettings(context({ filters: { filter: [row] } }), 0)).toThrow(refused(message));
	});
});

describe('a change', () => {
	it.each([
		[{}, null],
		[{ expectedVersion: 0 }, 0],
		[{ expectedVersion: '2' }, 2],
	])('with the options %j expects %j', (options, expected) => {
		expect(readExpectedDocument(context({ options }), 0)).toBe(expected);
	});

	it('is refused when the expected version came from an expression that missed', () => {
		const options = { expectedVersion: undefined };
		expect(() => readExpectedDocument(context({ options }), 0)).toThrow(refused('Expected Version is empty'));
	});

	it('adds numbers, also those that are texts', () => {
		expect(readPatch(context({ merge: { a: null }, increment: '{ "orders": 1, "revenue": "2.5" }' }), 0)).toEqual({
			merge: { a: null },
			increment: { orders: 1, revenue: 2.5 },
		});
	});

	it.each<[string, Parameters, RegExp]>([
		['adds a text', { increment: '{ "orders": "many" }' }, /Increment of orders is not a number/],
		['merges a list', { merge: '[]' }, /Merge is not a JSON object/],
	])('that %s is refused', (_name, parameters, message) => {
		expect(() => readPatch(context(parameters), 0)).toThrow(refused(message));
	});

	it('stores the payload of an item that is an event', () => {
		const json = { event_id: 'e', event_type: 'a', metadata: {}, payload: { b: 1 }, stored: {} };
		const item: INodeExecutionData = { json };
		expect(readDocument(context({}), item, 0)).toEqual({ b: 1 });
		expect(readDocument(context({ documentSource: 'json', document: '{"c":2}' }), item, 0)).toEqual({ c: 2 });
	});

	it('needs an id that is one', () => {
		expect(readDocumentId(context({ documentId: 7 }), 0)).toBe('7');
		expect(() => readDocumentId(context({ documentId: undefined }), 0)).toThrow(refused('Document ID is empty'));
	});
});

it('a document that is missing is an item at first', () => {
	expect(readGetSettings(context({}), 0).ifMissing).toBe('item');
});
