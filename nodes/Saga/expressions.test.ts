import { checkReferences } from './expressions';

describe('what the rows of a saga may read', () => {
	it.each([
		'plain text with $(no) expression',
		'={{ $json }}',
		'={{ $json.steps.reserve.reservation_id }}',
		'=order-{{ $json.order_id }} at {{ $now.toISO() }}',
		'={{ { "id": $json.order_id, "note": "costs $node and $(x)" } }}',
		"={{ 'US$' + $json.total }}",
		'={{ `${$json.a}-${$vars.region}` }}',
		'={{ $json["$input"] }}',
		'={{ $if($json.total > 10, "big", "small") }}',
		'={{ $jmespath($json, "items[].sku") }}',
		'={{ $json.price$usd }}',
	])('allows %s', (value) => {
		expect(() => checkReferences('Data of pay', value)).not.toThrow();
	});

	it.each([
		["={{ $('Webhook').item.json.body }}", "$('…')"],
		['={{ $("Webhook").first().json }}', "$('…')"],
		['={{ $node["Webhook"].json }}', '$node'],
		['={{ $input.item.json }}', '$input'],
		['={{ $json.a + $items("x") }}', '$items'],
		['={{ $env.SECRET }}', '$env'],
		['={{ $execution.id }}', '$execution'],
		['={{ `a ${$input.first()}` }}', '$input'],
		['={{ $json.a }} and {{ $workflow.id }}', '$workflow'],
		['={{ "it\\"s " + $prevNode.name }}', '$prevNode'],
	])('refuses %s', (value, shown) => {
		expect(() => checkReferences('Data of pay', value)).toThrow(`Data of pay uses ${shown}`);
	});
});
