/**
 * The documents of read models.
 */
import { errorOf } from '../../brokers/errorOf';
import { times } from '../../conformance/waiting';
import type { StoreCase } from '../case';

const ANY = { expect: null, change: null } as const;
const ONE = { model: 'orders', id: '1', ...ANY } as const;

export const documentCases: readonly StoreCase[] = [
	{
		name: 'document_put_get_delete',
		says: 'keeps a document as it is, counts its changes, and forgets it',
		async run({ store, call }) {
			expect(await store.get('orders', '1', call())).toBeNull();
			const data = {
				status: 'new',
				nul: 'a\u0000b',
				half: '\ud800',
				list: [1, [2, { a: null }]],
				'a.b': { '🛒': '"' },
			};
			expect(await store.put(ONE, data, call())).toMatchObject({ applied: true, document: { version: 1, data } });
			expect(await store.get('orders', '1', call())).toMatchObject({ id: '1', version: 1, data });
			expect((await store.put(ONE, { status: 'paid' }, call())).document?.version).toBe(2);
			expect((await store.get('orders', '1', call()))?.data).toEqual({ status: 'paid' });
			expect(await store.get('customers', '1', call())).toBeNull();
			expect(await store.delete(ONE, call())).toEqual({ applied: true, document: null });
			expect(await store.delete(ONE, call())).toEqual({ applied: false, document: null });
			expect(await store.get('orders', '1', call())).toBeNull();
		},
	},
	{
		name: 'document_patch',
		says: 'merges, removes with null, counts, and makes a document that was missing',
		async run({ store, call }) {
			const patch = { merge: { customer: { name: 'Ada' }, status: null }, increment: { 'totals.count': 2 } };
			await store.patch(ONE, patch, call());
			await store.patch(ONE, { merge: { customer: { city: 'Rome' } }, increment: { 'totals.count': -0.5 } }, call());
			const document = await store.get('orders', '1', call());
			expect(document?.data).toEqual({ customer: { name: 'Ada', city: 'Rome' }, totals: { count: 1.5 } });
			const wrong = store.patch(ONE, { merge: {}, increment: { 'customer.name': 1 } }, call());
			expect(await errorOf(wrong)).toMatchObject({
				code: 'settings',
				message: expect.stringContaining('customer.name'),
			});
			expect((await store.get('orders', '1', call()))?.version).toBe(2);
		},
	},
	{
		name: 'document_expected_version',
		says: 'refuses a change of a version that is not there, names the actual one, and changes nothing',
		async run({ store, call }) {
			await store.put({ ...ONE, expect: 0 }, { n: 1 }, call());
			for (const [expect_, message] of [
				[0, 'Document 1 of read model orders is at version 1, and it was expected not to exist'],
				[2, 'Document 1 of read model orders is at version 1, and version 2 was expected'],
			] as const) {
				const place = { ...ONE, expect: expect_, change: 'c' };
				expect(await errorOf(store.put(place, { n: 2 }, call()))).toMatchObject({
					code: 'version-conflict',
					message,
					actualVersion: 1,
				});
				expect((await errorOf(store.delete(place, call()))).code).toBe('version-conflict');
			}
			expect((await store.get('orders', '1', call()))?.data).toEqual({ n: 1 });
			expect((await store.put({ ...ONE, expect: 1, change: 'c' }, { n: 2 }, call())).applied).toBe(true);
			expect((await errorOf(store.put({ ...ONE, id: '2', expect: 1 }, {}, call()))).message).toContain(
				'does not exist',
			);
		},
	},
	{
		name: 'document_change_once',
		says: 'makes a change once, remembers it a week also without the document, and forgets it then',
		async run({ store, engine, clock, call }) {
			const once = { ...ONE, change: 'event-1/0' };
			const patch = { merge: {}, increment: { n: 1 } };
			expect((await store.patch(once, patch, call())).applied).toBe(true);
			expect(await store.patch(once, patch, call())).toMatchObject({ applied: false, document: { data: { n: 1 } } });
			expect((await store.patch({ ...once, id: '2' }, patch, call())).applied).toBe(true);
			await store.delete(ONE, call());
			expect(await store.patch(once, patch, call())).toEqual({ applied: false, document: null });
			clock.advance(8 * 24 * 60 * 60 * 1000);
			expect(await engine.write('forgetChanges', { limit: 1 }, call())).toBe(true);
			expect(await engine.write('forgetChanges', { limit: 10 }, call())).toBe(false);
			expect((await store.patch(once, patch, call())).applied).toBe(true);
		},
	},
	{
		name: 'document_clear',
		says: 'empties one read model with what is remembered of it, and no other',
		async run({ store, engine, call }) {
			for (const id of ['1', '2', '3']) await store.put({ ...ONE, id, change: 'c' }, { id }, call());
			await store.put({ ...ONE, model: 'customers' }, { name: 'Ada' }, call());
			expect(await engine.read('listModels', { limit: 10 }, call())).toEqual([
				{ model: 'customers', documents: 1 },
				{ model: 'orders', documents: 3 },
			]);
			expect(await store.clear('orders', call())).toBe(3);
			expect(await store.get('orders', '1', call())).toBeNull();
			expect(await store.get('customers', '1', call())).not.toBeNull();
			expect((await store.put({ ...ONE, change: 'c' }, {}, call())).applied).toBe(true);
		},
	},
	{
		name: 'document_bad_input',
		says: 'refuses forbidden keys, what is no document, too many values and hostile names, clearly',
		async run({ store, call }) {
			const hostile = JSON.parse('{ "__proto__": { "admin": true } }') as { readonly [key: string]: string };
			for (const work of [
				store.put(ONE, hostile, call()),
				store.patch(ONE, { merge: { constructor: { a: 1 } }, increment: {} }, call()),
				store.patch(ONE, { merge: {}, increment: { '__proto__.admin': 1 } }, call()),
				store.patch(ONE, { merge: {}, increment: { n: NaN } }, call()),
				store.put(ONE, 'text', call()),
				store.put({ ...ONE, id: 'a\u0000b' }, {}, call()),
				store.put({ ...ONE, model: '' }, {}, call()),
			]) {
				expect((await errorOf(work)).code).toBe('settings');
			}
			const many = Object.fromEntries(times(2001, (n) => [`f${n}`, n]));
			expect((await errorOf(store.put(ONE, many, call()))).code).toBe('too-large');
			expect(await store.get('orders', '1', call())).toBeNull();
			const named = { ...ONE, model: "orders'; --", id: '$1 ? "x"' };
			await store.put(named, { a: 1 }, call());
			expect((await store.get(named.model, named.id, call()))?.data).toEqual({ a: 1 });
			expect(({} as { admin?: boolean }).admin).toBeUndefined();
		},
	},
];
