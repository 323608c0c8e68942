/**
 * Read models: documents that events change once.
 */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { eventually } from './eventually';
import { trigger } from './openBus';
import { append, given, named, openStore, store, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

let events: Store;

beforeAll(async () => {
	events = await openStore();
});
afterAll(async () => {
	await events.close();
});

const put = (readModel: string, id: string, document: IDataObject, options: INodeParameters = {}) =>
	store('readModel.put', {
		readModel: named(readModel),
		documentId: id,
		documentSource: 'json',
		document: JSON.stringify(document),
		options,
	});
const patch = (readModel: string, id: string, parameters: INodeParameters) =>
	store('readModel.patch', { readModel: named(readModel), documentId: id, ...parameters });
const get = (readModel: string, id: string, options: INodeParameters = {}) =>
	store('readModel.get', { readModel: named(readModel), documentId: id, options });

describe('a document', () => {
	it('is put, patched, read and deleted', async () => {
		const order = { status: 'created', customer: { id: 'cust_1', name: 'Ada' }, note: 'x' };
		expect(await events.output(put('orders', 'ord_1', order))).toMatchObject([
			{ read_model: 'orders', id: 'ord_1', exists: true, version: 1, data: order, applied: true },
		]);
		const merge = '{ "status": "paid", "note": null, "customer": { "name": "Ada L." } }';
		const increment = '={{ { "payments": 1, "totals.paid": 29.5 } }}';
		expect(await events.output(patch('orders', 'ord_1', { merge, increment }))).toMatchObject([
			{
				version: 2,
				data: {
					status: 'paid',
					customer: { id: 'cust_1', name: 'Ada L.' },
					payments: 1,
					totals: { paid: 29.5 },
				},
			},
		]);
		const [found] = await events.output(get('orders', 'ord_1', { returnFields: 'status, customer.name' }));
		expect(found?.data).toEqual({ status: 'paid', customer: { name: 'Ada L.' } });
		const remove = store('readModel.delete', { readModel: named('orders'), documentId: 'ord_1' });
		expect(await events.output(remove)).toEqual([{ read_model: 'orders', id: 'ord_1', exists: false, applied: true }]);
		expect(await events.output(get('orders', 'ord_1'))).toEqual([{ read_model: 'orders', id: 'ord_1', exists: false }]);
	});

	it('that is missing is an item, nothing, or an error', async () => {
		expect(await events.output(get('orders', 'none', { ifMissing: 'nothing' }))).toEqual([]);
		expect(await events.failure(get('orders', 'none', { ifMissing: 'error' }))).toMatchObject({
			message: 'There is no document none in read model orders',
		});
	});

	it('is not changed by whoever has not read it', async () => {
		await events.output(put('orders', 'ord_2', {}));
		const late = put('orders', 'ord_2', { late: true }, { expectedVersion: 0 });
		const [outcome] = await events.output({ ...late, onError: 'continueRegularOutput' });
		expect(outcome).toMatchObject({
			error: 'Document ord_2 of read model orders is at version 1, and it was expected not to exist',
			details: { actual_version: 1 },
		});
		expect(await events.output(put('orders', 'ord_2', { late: true }, { expectedVersion: 1 }))).toMatchObject([
			{ version: 2, data: { late: true } },
		]);
	});
});

describe('a search', () => {
	const DOCUMENTS = [
		{ id: 'a', status: 'paid', total: 30, customer: { name: 'Ada' }, items: [{ sku: 'X' }, { sku: 'Y' }] },
		{ id: 'b', status: 'created', total: 5, customer: { name: 'Bob' }, items: [{ sku: 'Y' }] },
		{ id: 'c', status: 'paid', total: '5', customer: { name: "'; DROP TABLE document; --" }, note: null },
	];

	beforeAll(async () => {
		await events.output(
			given(DOCUMENTS),
			store('readModel.put', { readModel: named('found'), documentId: '={{ $json.id }}' }),
		);
	});

	const find = async (filter: readonly INodeParameters[], parameters: INodeParameters = {}) => {
		const filters = { filter: [...filter] };
		return await events.output(store('readModel.find', { readModel: named('found'), filters, ...parameters }));
	};
	const where = (field: string, operator: string, value: INodeParameters[string] = '') => ({ field, operator, value });

	it.each<[string, readonly INodeParameters[], INodeParameters, readonly string[]]>([
		['everything', [], {}, ['a', 'b', 'c']],
		['a value', [where('status', 'equals', 'paid')], {}, ['a', 'c']],
		['a number, and a text that reads as it', [where('total', 'equals', '5')], {}, ['b', 'c']],
		['a field in a field', [where('customer.name', 'startsWith', 'A')], {}, ['a']],
		['an entry of a list', [where('items.sku', 'equals', 'Y')], {}, ['a', 'b']],
		['all filters', [where('status', 'equals', 'paid'), where('items', 'exists')], {}, []],
		['any filter', [where('total', 'greater', '20'), where('note', 'exists')], { match: 'any' }, ['a', 'c']],
		['null', [where('note', 'equals', 'null')], {}, ['c']],
		['SQL as a value', [where('customer.name', 'equals', "'; DROP TABLE document; --")], {}, ['c']],
		['SQL as a field', [where("a') OR 1=1 --", 'exists')], {}, []],
		['any of a list', [where('id', 'equals', "={{ ['a', 'c'] }}")], {}, ['a', 'c']],
		['the largest', [], { sortBy: 'customer.name', sortDirection: 'descending', limit: 1 }, ['b']],
		['the next page', [], { limit: 2, options: { skip: 1 } }, ['b', 'c']],
	])('finds %s', async (_name, filter, parameters, expected) => {
		const found = await find(filter, parameters);
		expect(found.map(({ id }) => id)).toEqual(expected);
	});

	it('shows the fields that are wanted', async () => {
		const [first] = await find([], { limit: 1, options: { returnFields: 'id, items.sku' } });
		expect(first?.data).toEqual({ id: 'a', items: [{ sku: 'X' }, { sku: 'Y' }] });
	});

	it('finds nothing in a model that was cleared', async () => {
		await events.output(put('cleared', 'a', {}), { ...put('cleared', 'b', {}), name: 'Second' });
		const clear = store('readModel.clear', { readModel: named('cleared') });
		expect(await events.output(clear)).toEqual([{ read_model: 'cleared', deleted: 2 }]);
		expect(await events.output(store('readModel.find', { readModel: named('cleared') }))).toEqual([]);
	});
});

describe('an event that is delivered again', () => {
	const retrying = { maxAttempts: 5, backoff: { backoff: { initialSeconds: 0.1 } } };
	const sell = (amount: number) => append(`sale-${amount}`, 'sale.stored', { amount });

	it.each([
		[
			'by the bus',
			trigger('sale.made', retrying),
			async (amount: number) => await events.publish('sale.made', { amount }),
		],
		[
			'by the log',
			node('On Event', 'n8n-nodes-event-bus.eventStoreTrigger', { eventTypes: 'sale.stored', options: retrying }),
			async (amount: number) => await events.output(sell(amount)),
		],
	])('%s counts once', async (name, start, happen) => {
		const count = patch(name, 'total', { increment: '={{ { orders: 1, revenue: $json.payload.amount } }}' });
		// Fails until both are counted, so the first event comes at least twice.
		const fails = store('stream.read', { stream: named('={{ $json.data.orders < 2 ? "" : "x-1" }}') });
		const projector = workflow(`Projector ${name}`, [start, count, { ...fails, name: 'Fails at First' }]);
		const ended = (as: string) => events.runs(projector).filter(({ status }) => status === as).length;
		await events.engine.activate(projector);
		await happen(10);
		await eventually('the first run fails', () => ended('error') > 0);
		await happen(5);
		await eventually('both are processed', () => ended('success') >= 2);
		const [sales] = await events.output(get(name, 'total'));
		expect(sales?.data).toEqual({ orders: 2, revenue: 15 });
	});
});
