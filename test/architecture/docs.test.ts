import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BROKER_REFERENCE, renderBrokerReference } from '../../scripts/docs/brokerReference';
import { NODE_REFERENCE, renderNodeReference } from '../../scripts/docs/nodeReference';
import { REPO } from '../../scripts/toolchain/paths';
import { brokerFromUrl } from '../../src/broker/registry';
import { manifests } from '../../src/broker/registry';

it.each([
	[NODE_REFERENCE, 'the nodes', renderNodeReference],
	[BROKER_REFERENCE, 'the brokers', renderBrokerReference],
])('%s says what %s say (npm run docs writes it)', (page, _of, render) => {
	expect(readFileSync(path.join(REPO, page), 'utf8')).toBe(render());
});

describe.each(manifests)('the page about $label', ({ kind, exampleUrls = [] }) => {
	it('has connection URLs that work', () => {
		expect(exampleUrls.map((url) => brokerFromUrl(url).manifest.kind)).toEqual(exampleUrls.map(() => kind));
	});
});
