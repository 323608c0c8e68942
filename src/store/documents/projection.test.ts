import { projected, projectionOf } from './projection';

const order = {
	id: 'ord_1',
	customer: { id: 'cust_1', name: 'Ada', address: { city: 'London' } },
	items: [
		{ sku: 'A', price: 1 },
		{ sku: 'B', price: 2 },
	],
};

describe('a projection', () => {
	it.each<[string, readonly string[], unknown]>([
		['of nothing is all of the document', [], order],
		['keeps fields as they are', ['id', 'customer'], { id: 'ord_1', customer: order.customer }],
		['keeps a part of a field', ['customer.name'], { customer: { name: 'Ada' } }],
		['joins parts of one field', ['customer.id', 'customer.name'], { customer: { id: 'cust_1', name: 'Ada' } }],
		['goes into the entries of a list', ['items.sku'], { items: [{ sku: 'A' }, { sku: 'B' }] }],
		['leaves out what is not there', ['id', 'nothing.at.all'], { id: 'ord_1' }],
		['goes no further than a simple value', ['id.more'], { id: 'ord_1' }],
	])('%s', (_name, paths, expected) => {
		expect(projected(order, projectionOf(paths))).toEqual(expected);
	});

	it.each(['', 'a..b', '__proto__.polluted'])('is refused for the path %j', (path) => {
		expect(() => projectionOf([path])).toThrow(expect.objectContaining({ code: 'settings' }));
	});
});
