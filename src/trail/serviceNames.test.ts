import { consumed, entry, published, trailEvent } from '../../test/trail/entries';
import { withServiceNames } from './serviceNames';

const services = (...sources: readonly string[]) =>
	withServiceNames([
		entry(trailEvent('e1'), consumed('started', 1, { workflowId: 'w1', service: 'n8n/W' }), consumed('done', 2)),
		...sources.map((service, n) => entry(trailEvent(`p${n}`), published(n, { workflowId: 'w1', service }))),
	])[0]?.facts.map(({ service }) => service);

it.each([
	['its own name', [], ['n8n/W', 'n8n/Billing']],
	['the name it publishes under', ['pay'], ['pay', 'n8n/Billing']],
	['the name it always publishes under', ['pay', 'pay'], ['pay', 'n8n/Billing']],
	['its own name, where it publishes under two', ['pay', 'bill'], ['n8n/W', 'n8n/Billing']],
])('a workflow goes by %s', (_what, sources, expected) => {
	expect(services(...sources)).toEqual(expected);
});
