import fc from 'fast-check';
import { canonicalJson } from './canonicalJson';
import type { Json } from './envelope';

it.each([
	[
		'keys in another order',
		'{"b":1,"a":{"d":1,"c":[2,{"f":1,"e":null}]}}',
		'{"a":{"c":[2,{"e":null,"f":1}],"d":1},"b":1}',
	],
	['keys that look like numbers', '{"10":1,"9":2,"a":3}', '{"10":1,"9":2,"a":3}'],
	['half a character', '"\\ud800"', '"\\ud800"'],
	['a number with an exponent', '1e21', '1e+21'],
	['an empty object', '{}', '{}'],
])('writes %s in one way', (_name, source, expected) => {
	expect(canonicalJson(JSON.parse(source) as Json)).toBe(expected);
});

it('says the same value, and the same text for every order of keys', () => {
	fc.assert(
		fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (fields) => {
			const value = fields as { readonly [key: string]: Json };
			const reversed = Object.fromEntries(Object.entries(value).reverse());
			expect(canonicalJson(reversed)).toBe(canonicalJson(value));
			expect(JSON.stringify(sorted(JSON.parse(canonicalJson(value))))).toBe(
				JSON.stringify(sorted(JSON.parse(JSON.stringify(value)))),
			);
		}),
	);
});

function sorted(value: unknown): unknown {
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		return Array.isArray(value) ? value.map(sorted) : value;
	return Object.entries(value)
		.map(([key, entry]) => [key, sorted(entry)] as const)
		.sort(([one], [other]) => (one < other ? -1 : 1));
}
