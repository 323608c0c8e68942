import fc from 'fast-check';
import { isEventBusError } from '../kernel/errors';
import { DEFAULT_LIMITS } from './limits';
import { plainJson } from './plainJson';

function failure(value: unknown): { code: string; message: string } {
	try {
		plainJson(value, 'payload');
	} catch (error) {
		if (isEventBusError(error)) return { code: error.code, message: error.message };
		throw error;
	}
	throw new Error('It was accepted');
}

function nested(levels: number): unknown {
	let value: unknown = 'end';
	for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { a: value };
	return value;
}

describe('plain JSON', () => {
	it('comes out as it went in, and is a copy', () => {
		fc.assert(
			fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
				const text = JSON.stringify(value);
				fc.pre(!/"(__proto__|constructor|prototype)":/.test(text));
				expect(JSON.stringify(plainJson(value, 'payload'))).toBe(text);
			}),
		);
		const payload = { items: [1] };
		expect(plainJson(payload, 'payload')).not.toBe(payload);
	});

	it.each([
		['a Date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
		['undefined and functions', { a: undefined, b: () => 1, c: [undefined] }, { c: [null] }],
		['NaN and infinities', [NaN, Infinity, -Infinity], [null, null, null]],
		['-0', [-0], [0]],
		['holes', new Array(2), [null, null]],
		[
			'a class with fields',
			new (class Point {
				x = 1;
			})(),
			{ x: 1 },
		],
		['a Buffer', Buffer.from('hi'), { type: 'Buffer', data: [104, 105] }],
		['a shared part', ((part) => ({ a: part, b: part }))({ x: 1 }), { a: { x: 1 }, b: { x: 1 } }],
	])('is made of %s', (_name, value, expected) => {
		const plain = plainJson(value, 'payload');
		expect(plain).toEqual(expected);
		expect(JSON.stringify(plain)).toBe(JSON.stringify(value));
	});

	it('takes 64 levels and refuses 65', () => {
		expect(plainJson(nested(64), 'payload')).toEqual(nested(64));
		expect(failure(nested(65))).toMatchObject({
			code: 'settings',
			message: expect.stringContaining('more than 64 levels') as string,
		});
	});

	it('takes a Date in the last level', () => {
		let value: unknown = new Date(0);
		for (let level = 0; level < 64; level++) value = [value];
		expect(() => plainJson(value, 'payload')).not.toThrow();
	});
});

describe('what is refused', () => {
	it.each(['__proto__', 'constructor', 'prototype'])('is a key %s at any depth, with its place', (key) => {
		const hostile: unknown = JSON.parse(`{"a":[{"${key}":{"polluted":true}}]}`);
		expect(failure(hostile).message).toBe(`payload.a.0.${key} is a key that events may not have`);
		expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
	});

	it('is a cycle', () => {
		const cycle: { self?: unknown } = {};
		cycle.self = cycle;
		expect(failure(cycle).message).toContain('more than 64 levels');
	});

	it('is an object that always answers toJSON with another one', () => {
		const endless = { toJSON: () => ({ ...endless }) };
		expect(failure(endless).message).toContain('more than 64 levels');
	});

	it('is a BigInt', () => {
		expect(failure({ total: 1n }).message).toBe('payload.total is a BigInt, which JSON cannot carry');
	});

	it.each([undefined, () => 1, Symbol('x')])('is a whole value without JSON form: %p', (value) => {
		expect(failure(value).message).toMatch(/^payload is not JSON/);
	});

	it('is a value whose shared parts would multiply beyond every limit', () => {
		let value: unknown = 'x';
		for (let level = 0; level < 60; level++) value = [value, value];
		expect(failure(value).code).toBe('too-large');
	});

	it('is a long text that many fields share', () => {
		const text = 'x'.repeat(DEFAULT_LIMITS.maxBytes / 2);
		expect(failure(new Array(1_000).fill(text)).code).toBe('too-large');
	});
});
