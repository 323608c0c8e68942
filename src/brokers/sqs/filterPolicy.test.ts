import { filterPolicy } from './filterPolicy';

describe('patterns as a filter policy', () => {
	it.each<[readonly string[], readonly unknown[] | null]>([
		[['#'], null],
		[['*.created'], null],
		[['order.created', '#.late'], null],
		[['order.created'], ['order.created', { exists: false }]],
		[['order.*'], [{ prefix: 'order.' }, { exists: false }]],
		[['order.#'], [{ prefix: 'order' }, { exists: false }]],
		[
			['order.*.late', 'order.*'],
			[{ prefix: 'order.' }, { exists: false }],
		],
		[
			['order.created@1.*', 'order.created@2.*'],
			['order.created', { exists: false }],
		],
	])('%j', (types, expected) => {
		const policy = filterPolicy(types);
		expect(policy === null ? null : JSON.parse(policy)).toEqual(expected === null ? null : { 'eb-type': expected });
	});
});
