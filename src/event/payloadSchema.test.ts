import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import type { Json } from './envelope';
import { compilePayloadSchema } from './payloadSchema';

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';

const order = {
	type: 'object',
	required: ['order_id', 'items'],
	properties: {
		order_id: { type: 'string', pattern: '^ord_' },
		status: { enum: ['new', 'paid'] },
		items: { type: 'array', minItems: 1, items: { $ref: '#/$defs/item' } },
		created_at: { format: 'date-time' },
	},
	additionalProperties: false,
	$defs: { item: { type: 'object', properties: { quantity: { type: 'integer', minimum: 1 } } } },
};

describe('a payload', () => {
	const check = compilePayloadSchema(JSON.stringify(order));

	it('that fits is no problem', () => {
		const payload = { order_id: 'ord_1', items: [{ quantity: 1 }], created_at: '2026-02-27T10:30:00Z' };
		expect(check(payload)).toBeNull();
	});

	it.each<[string, Json, string]>([
		['is of another kind', [], 'Type "array" is invalid. Expected "object".'],
		['lacks a field', { order_id: 'ord_1' }, 'It does not have required property "items".'],
		[
			'has a wrong value deep inside',
			{ order_id: 'ord_1', items: [{ quantity: 1 }, { quantity: 0 }] },
			'/items/1/quantity: 0 is less than 1.',
		],
		['does not match a pattern', { order_id: 'x', items: [{}] }, '/order_id: String does not match pattern.'],
		[
			'is none of the choices',
			{ order_id: 'ord_1', items: [{}], status: 'lost' },
			'/status: It does not match any of ["new","paid"].',
		],
		[
			'has a field too many',
			{ order_id: 'ord_1', items: [{}], 'two words': 1 },
			'/two words: Nothing is allowed here.',
		],
		[
			'is not in the format',
			{ order_id: 'ord_1', items: [{}], created_at: 'yesterday' },
			'/created_at: String does not match format "date-time".',
		],
	])('that %s is told so, with the place', (_name, payload, problem) => {
		expect(check(payload)).toBe(`The payload does not fit its schema: ${problem}`);
	});

	it('is told about in one line, however long its names and values are', () => {
		const long = `a\nb${'x'.repeat(500)}`;
		const strict = compilePayloadSchema({ propertyNames: { maxLength: 10 } });
		const problem = strict({ [long]: long }) ?? '';
		expect(problem).not.toMatch(/\n/);
		expect(problem).not.toContain('x'.repeat(81));
	});

	it('that is checked for ever by its schema does not fit', () => {
		expect(compilePayloadSchema({ $ref: '#' })(1)).toMatch(/could not be checked/);
	});
});

describe('a schema', () => {
	it.each<[string, string | object, RegExp]>([
		['is not JSON', '{ type: object }', /^The schema is not JSON: /],
		['is a list', '[]', /^The schema is not a JSON Schema: Type "array" is invalid/],
		['has an unknown type', { properties: { a: { type: 'objekt' } } }, /\/properties\/a\/type: /],
		['has keywords of another kind', { required: 'order_id' }, /\/required: /],
		['has a pattern that is no regular expression', { items: { pattern: '(' } }, /\/items\/pattern: /],
		['has a name pattern that is none', { patternProperties: { '(': {} } }, /\/patternProperties/],
		['is of an older draft', { $schema: 'http://json-schema.org/draft-04/schema#' }, /draft-04.*not known here/],
		['uses what would be ignored', { $dynamicRef: '#node' }, /\/\$dynamicRef: Nothing is allowed here/],
		['refers to another document', { $ref: 'https://example.com/order.json' }, /refers to "https:.*not in it/],
		['refers to a file', { items: { $ref: 'file:///etc/passwd' } }, /refers to "file:.*not in it/],
		['refers to a draft', { $ref: DRAFT_07 }, /not in it/],
		['refers to nothing', { not: { $ref: '#/$defs/missing' } }, /refers to "#\/\$defs\/missing"/],
		['has an address that is none', { $id: 'https://' }, /not a JSON Schema/],
	])('that %s is refused', (_name, schema, message) => {
		expect(() => compilePayloadSchema(schema)).toThrow(
			expect.objectContaining({
				code: 'settings',
				message: expect.stringMatching(message),
				hint: expect.stringMatching(/./),
			}),
		);
	});

	it('may say anything beside what is checked', () => {
		const check = compilePayloadSchema({
			title: 'Order',
			example: { id: 'ord_1', $ref: 'https://example.com' },
			properties: { id: { type: 'string', 'x-note': { id: 7 } } },
		});
		expect(check({ id: 'ord_1' })).toBeNull();
		expect(check({ id: 1 })).toContain('/id: ');
	});

	it('counts in decimal', () => expect(compilePayloadSchema({ multipleOf: 0.1 })(0.3)).toBeNull());

	it.each([
		[DRAFT_07, null],
		[DRAFT_2020, expect.stringContaining('"string"')],
	])('of %s has its own mind of what stands beside a reference', ($schema, expected) => {
		const schema = { $schema, $ref: '#/definitions/n', type: 'string', definitions: { n: { type: 'number' } } };
		expect(compilePayloadSchema(schema)(1)).toEqual(expected);
	});

	it('is not changed, and may be frozen', () => {
		const schema = Object.freeze({ $id: 'https://example.com/a', $ref: '#/$defs/b', $defs: { b: {} } });
		const before = JSON.stringify(schema);
		expect(compilePayloadSchema(schema)(1)).toBeNull();
		expect(Reflect.ownKeys(schema)).toEqual(['$id', '$ref', '$defs']);
		expect(JSON.stringify(schema)).toBe(before);
	});
});

/** What both drafts say alike, and what each has of its own. */
const SCHEMAS: readonly (readonly [string, object])[] = [
	[DRAFT_2020, order],
	[DRAFT_2020, { prefixItems: [{ type: 'string' }], items: false }],
	[
		DRAFT_2020,
		{ type: 'object', properties: { a: {} }, unevaluatedProperties: false, dependentRequired: { a: ['b'] } },
	],
	[DRAFT_2020, { contains: { type: 'integer' }, minContains: 2, uniqueItems: true }],
	[DRAFT_2020, { $ref: '#/$defs/n', type: 'string', $defs: { n: { minLength: 2 } } }],
	[
		DRAFT_2020,
		{
			$ref: '#tree',
			$defs: { t: { $anchor: 'tree', type: ['object', 'null'], additionalProperties: { $ref: '#tree' } } },
		},
	],
	[DRAFT_07, { items: [{ type: 'string' }], additionalItems: { type: 'number' } }],
	[DRAFT_07, { dependencies: { a: ['b'], b: { required: ['c'] } } }],
	[DRAFT_07, { $ref: '#/definitions/n', definitions: { n: { type: ['number', 'null'], multipleOf: 2 } } }],
	[DRAFT_07, { if: { required: ['a'] }, then: { required: ['b'] }, else: { oneOf: [{ type: 'null' }, { not: {} }] } }],
	[DRAFT_07, { patternProperties: { '^a': { type: 'string' } }, propertyNames: { enum: ['a', 'ab', 'b'] } }],
	[DRAFT_07, { const: { a: [1, null] } }],
];

const value = fc.letrec<{ json: Json }>((tie) => ({
	json: fc.oneof(
		{ maxDepth: 2, withCrossShrink: true },
		fc.constantFrom<Json>(null, true, 0, 1, 0.3, '', 'ab', 'ord_1', { a: [1, null] }),
		fc.array(tie('json'), { maxLength: 3 }),
		fc.dictionary(fc.constantFrom('a', 'ab', 'b', 'c', 'order_id', 'items'), tie('json'), { maxKeys: 4 }),
	),
})).json;

/** The library that interprets and the one that compiles were written apart; what both say is what the drafts say. */
it.each(SCHEMAS)('by %s, %j lets through what Ajv lets through', ($schema, body) => {
	const schema = { $schema, ...body };
	const other = new ($schema === DRAFT_07 ? Ajv : Ajv2020)({ strict: false, validateFormats: false });
	const expected = other.compile(schema);
	const check = compilePayloadSchema(schema);
	fc.assert(fc.property(value, (payload) => (check(payload) === null) === expected(payload)));
});
