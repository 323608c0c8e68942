import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { BROKER_REFERENCE, renderBrokerReference } from '../../scripts/docs/brokerReference';
import { NODE_REFERENCE, renderNodeReference } from '../../scripts/docs/nodeReference';
import { PICTURES } from '../../scripts/docs/pictures';
import { REPO } from '../../scripts/toolchain/paths';
import { brokerFromUrl } from '../../src/broker/registry';
import { manifests } from '../../src/broker/registry';
import { shippedWorkflows } from '../workflows/files';
import { markdownPages } from './markdownPages';

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

describe('the documentation', () => {
	const pages = markdownPages();
	/** What a page links to, without the part behind `#`; addresses on the web are not looked at. */
	const linksOf = (text: string) =>
		[...text.matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)]
			.map(([, link, picture]) => (link ?? picture ?? '').replace(/#.*$/, ''))
			.filter((link) => link !== '' && !/^[a-z]+:/.test(link));

	it('links to pages and pictures that are there', () => {
		const dead = pages.flatMap(({ page, text }) =>
			linksOf(text)
				.filter((link) => !existsSync(path.join(REPO, path.dirname(page), link)))
				.map((link) => `${page}: ${link}`),
		);
		expect(dead).toEqual([]);
	});

	it('shows every picture it has', () => {
		const shown = new Set(
			pages.flatMap(({ page, text }) => linksOf(text).map((link) => path.posix.join(path.posix.dirname(page), link))),
		);
		const pictures = readdirSync(path.join(REPO, 'docs', 'images')).map((name) => `docs/images/${name}`);
		expect(pictures.filter((picture) => !shown.has(picture))).toEqual([]);
		// None is made by hand.
		expect(Object.keys(PICTURES).toSorted()).toEqual(pictures.toSorted());
	});

	it('names each workflow in the gallery with its address, and in the page of its folder', async () => {
		const gallery = readFileSync(path.join(REPO, 'workflows', 'README.md'), 'utf8');
		for (const file of (await shippedWorkflows()).keys()) {
			expect(gallery).toContain(`/main/workflows/${file})`);
			const [folder = '', name] = file.split(path.sep);
			expect(readFileSync(path.join(REPO, 'workflows', folder, 'README.md'), 'utf8')).toContain(name);
		}
	});
});
