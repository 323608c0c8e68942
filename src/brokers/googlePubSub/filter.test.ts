import { groupFilter, typeFilter } from './filter';

const NO_TYPE = 'NOT attributes:eb_type';

it.each([
	[['order.created'], `${NO_TYPE} OR attributes.eb_type = "order.created"`],
	[['order.*'], `${NO_TYPE} OR hasPrefix(attributes.eb_type, "order.")`],
	// Also `order` itself.
	[['order.#'], `${NO_TYPE} OR hasPrefix(attributes.eb_type, "order")`],
	[['order.*.late'], `${NO_TYPE} OR hasPrefix(attributes.eb_type, "order.")`],
	[['order.created@1.*', 'order.created@2.*'], `${NO_TYPE} OR attributes.eb_type = "order.created"`],
	[['a', 'b'], `${NO_TYPE} OR attributes.eb_type = "a" OR attributes.eb_type = "b"`],
	[['#'], ''],
	[['order.created', '*.late'], ''],
	[Array.from({ length: 20 }, (_unused, n) => `type.number.${n}`), ''],
])('%j is the filter %s', (types, filter) => {
	expect(typeFilter(types)).toBe(filter);
});

it('dead letters of a group are told by its name', () => {
	expect(groupFilter('billing')).toBe('attributes.eb_group = "billing"');
});
