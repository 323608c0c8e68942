/**
 * Finding documents: a search means the same in every store.
 */
import type { Json } from '../../../src/event/envelope';
import type { Condition, DocumentQuery, Operator } from '../../../src/store/documents/query';
import type { Scalar } from '../../../src/store/documents/values';
import { errorOf } from '../../brokers/errorOf';
import type { StoreCase } from '../case';
import type { StoreRig } from '../rig';

const DOCUMENTS: Readonly<Record<string, Json>> = {
	a: { status: 'new', total: 10, customer: { name: 'Ada' }, tags: ['red', 'blue'], paid: true },
	b: { status: 'paid', total: 9.5, customer: { name: 'Bob' }, tags: ['blue'], paid: false },
	c: { status: 'paid', total: -3, customer: { name: 'ada' }, tags: [], note: null },
	d: {
		status: '10',
		total: 'ten',
		items: [
			{ sku: 'x1', qty: 2 },
			{ sku: 'y2', qty: 7 },
		],
	},
	e: { total: 1e21, 'field.with': { 'it\'s "quoted"': "'; DROP TABLE document; --" }, __x: '%_' },
	f: { status: '🛒 cart', total: 10, nul: 'a\u0000b', half: 'x\ud800y', empty: '' },
};

export const findingCases: readonly StoreCase[] = [
	{
		name: 'find_by_each_operator',
		says: 'compares values with values of their own kind only',
		async run(rig) {
			const find = await filled(rig);
			for (const [path, operator, values, expected] of [
				['status', 'equals', ['paid'], 'bc'],
				['status', 'equals', ['new', '10'], 'ad'],
				['status', 'equals', [10], ''],
				['total', 'equals', [10], 'af'],
				['total', 'equals', ['10'], ''],
				['paid', 'equals', [true], 'a'],
				['paid', 'equals', [1], ''],
				['note', 'equals', [null], 'c'],
				['status', 'notEquals', ['paid'], 'adef'],
				['total', 'greater', [9.5], 'aef'],
				['total', 'greaterOrEqual', [9.5], 'abef'],
				['total', 'less', [0], 'c'],
				['total', 'lessOrEqual', [9.5], 'bc'],
				['total', 'less', ['z'], 'd'],
				['total', 'less', [true], ''],
				['customer.name', 'greater', ['Bob'], 'c'],
				['customer.name', 'contains', ['da'], 'ac'],
				['customer.name', 'contains', ['DA'], ''],
				['customer.name', 'startsWith', ['A', 'B'], 'ab'],
				['status', 'startsWith', ['🛒 c'], 'f'],
				['status', 'contains', ['🛒'], 'f'],
				['tags', 'equals', ['blue'], 'ab'],
				['tags', 'notEquals', ['blue'], 'cdef'],
				['tags', 'exists', [], 'ab'],
				['note', 'exists', [], 'c'],
				['note', 'notExists', [], 'abdef'],
				['items.sku', 'equals', ['y2'], 'd'],
				['items.qty', 'greater', [5], 'd'],
				['missing.field', 'equals', ['x'], ''],
				['status', 'equals', [], ''],
				['empty', 'equals', [''], 'f'],
			] satisfies readonly (readonly [string, Operator, readonly Scalar[], string])[]) {
				const found = await find({ where: [{ path, operator, values }] });
				expect([path, operator, values, found]).toEqual([path, operator, values, expected]);
			}
		},
	},
	{
		name: 'find_hostile',
		says: 'takes SQL, wildcards, NUL and half characters in paths and values as what they are',
		async run(rig) {
			const find = await filled(rig);
			const one = async (path: string, operator: Operator, value: Scalar) =>
				await find({ where: [{ path, operator, values: [value] }] });
			expect(await one('field.with.it\'s "quoted"', 'equals', "'; DROP TABLE document; --")).toBe('e');
			expect(await one("status' OR '1'='1", 'equals', 'paid')).toBe('');
			expect(await one('status', 'equals', "paid' OR '1'='1")).toBe('');
			expect(await one('__x', 'contains', '%')).toBe('e');
			expect(await one('status', 'contains', '%')).toBe('');
			expect(await one('status', 'startsWith', '_')).toBe('');
			expect(await one('__proto__', 'exists', null)).toBe('');
			expect(await one('nul', 'equals', 'a\u0000b')).toBe('f');
			expect(await one('half', 'startsWith', 'x\ud800')).toBe('f');
			expect(await one('status\u0000', 'exists', null)).toBe('');
			for (const [operator, value] of [
				['equals', 'x'.repeat(1001)],
				['contains', ''],
				['greater', 'x'.repeat(1001)],
			] as const) {
				expect((await errorOf(one('status', operator, value))).code).toBe('settings');
			}
			expect((await rig.store.find({ ...ALL, limit: 100 }, rig.call())).length).toBe(6);
		},
	},
	{
		name: 'find_all_or_any',
		says: 'joins conditions by and, or by or',
		async run(rig) {
			const find = await filled(rig);
			const where: readonly Condition[] = [
				{ path: 'status', operator: 'equals', values: ['paid'] },
				{ path: 'total', operator: 'greater', values: [0] },
			];
			expect(await find({ where })).toBe('b');
			expect(await find({ where, match: 'any' })).toBe('abcef');
			expect(await find({ where: [] })).toBe('abcdef');
		},
	},
	{
		name: 'find_sorted_in_pages',
		says: 'sorts by kind, then value, documents without the field last, and pages through',
		async run(rig) {
			const find = await filled(rig);
			const sorted = async (path: string, descending: boolean, more: object = {}) =>
				await find({ where: [], sort: { path, descending }, ...more });
			expect(await sorted('total', false)).toBe('cbafed');
			expect(await sorted('total', true)).toBe('deafbc');
			expect(await sorted('customer.name', false)).toBe('abcdef');
			expect(await sorted('customer.name', true)).toBe('cbadef');
			expect(await sorted('paid', false)).toBe('bacdef');
			expect(await sorted('tags', true)).toBe('abcdef');
			expect(await sorted('total', false, { limit: 2 })).toBe('cb');
			expect(await sorted('total', false, { limit: 3, offset: 2 })).toBe('afe');
			expect(await sorted('total', false, { limit: 3, offset: 6 })).toBe('');
		},
	},
	{
		name: 'find_follows_changes',
		says: 'finds a document by what it holds now, not by what it held',
		async run(rig) {
			const find = await filled(rig);
			const place = { model: 'm', id: 'b', expect: null, change: null };
			await rig.store.patch(place, { merge: { status: 'sent', tags: null }, increment: {} }, rig.call());
			await rig.store.delete({ ...place, id: 'c' }, rig.call());
			expect(await find({ where: [{ path: 'status', operator: 'equals', values: ['paid'] }] })).toBe('');
			expect(await find({ where: [{ path: 'status', operator: 'equals', values: ['sent'] }] })).toBe('b');
			expect(await find({ where: [{ path: 'tags', operator: 'exists', values: [] }] })).toBe('a');
		},
	},
];

const ALL: DocumentQuery = { model: 'm', where: [], match: 'all', sort: null, limit: 100, offset: 0 };

/** Ids of what is found, in their order, as one text. */
async function filled({ store, call }: StoreRig): Promise<(query: Partial<DocumentQuery>) => Promise<string>> {
	for (const [id, data] of Object.entries(DOCUMENTS)) {
		await store.put({ model: 'm', id, expect: null, change: null }, data, call());
		// The same ids in another read model.
		await store.put({ model: 'other', id, expect: null, change: null }, { status: 'paid', tags: ['blue'] }, call());
	}
	return async (query) => (await store.find({ ...ALL, ...query }, call())).map(({ id }) => id).join('');
}
