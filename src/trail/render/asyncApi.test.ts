import { Parser } from '@asyncapi/parser';
import { orderFlows } from '../../../test/trail/flows';
import { hostileFlows } from '../../../test/trail/hostile';
import { flowMapOf } from '../flowMap';
import type { Flows } from '../types';
import { asyncApiDocument } from './asyncApi';

/** Says that there is a later version of AsyncAPI than 3.0. */
const ONLY_A_HINT = 'asyncapi-latest-version';

describe('the official parser', () => {
	it.each<[string, Flows]>([
		['orders', orderFlows()],
		['hostile texts', hostileFlows()],
		['nothing', { publications: [], consumptions: [], causations: [] }],
	])('has nothing to complain about the document of %s', async (_name, flows) => {
		const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument(flowMapOf(flows))));
		expect(diagnostics.filter(({ code }) => code !== ONLY_A_HINT)).toEqual([]);
		expect(document?.version()).toBe('3.0.0');
	});

	it('reads who sends and who receives which message', async () => {
		const text = JSON.stringify(asyncApiDocument(flowMapOf(orderFlows()), { title: 'Orders', version: '2.1.0' }));
		const { document } = await new Parser().parse(text);
		expect(document?.info().title()).toBe('Orders');
		expect(
			document
				?.channels()
				.all()
				.map((channel) => channel.address()),
		).toEqual(['events']);
		const operation = document?.operations().get('payment-processor_receive_inventory_reserved');
		expect(operation?.action()).toBe('receive');
		const [message] = operation?.messages().all() ?? [];
		expect(message?.name()).toBe('inventory.reserved');
		expect(message?.correlationId()?.location()).toBe('$message.payload#/metadata/correlation_id');
		expect(document?.operations().filterBySend()).toHaveLength(10);
	});
});
