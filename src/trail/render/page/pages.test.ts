import { createHash } from 'node:crypto';
import { manyEvents, orderTrail, trailEvent } from '../../../../test/trail/stories';
import { orderFlows } from '../../../../test/trail/flows';
import { hostileFlows, hostileTrail } from '../../../../test/trail/hostile';
import { flowMapOf } from '../../flowMap';
import { mapPage } from './mapPage';
import { trailPage } from './trailPage';

const PAGES: readonly (readonly [name: string, page: string])[] = [
	['the trail of an order', trailPage(orderTrail())],
	['an empty trail', trailPage([])],
	['a trail of hostile texts', trailPage(hostileTrail(), { title: '</title><script>', about: '<script>' })],
	['the map of orders', mapPage(flowMapOf(orderFlows()))],
	['an empty map', mapPage(flowMapOf({ publications: [], consumptions: [], causations: [] }))],
	['a map of hostile texts', mapPage(flowMapOf(hostileFlows()), { title: '</title><script>', about: '<script>' })],
];

describe.each(PAGES)('%s', (_name, page) => {
	it('allows itself only its own style and script', () => {
		const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
		const hashes = [...page.matchAll(/<(style|script)>([\s\S]*?)<\/\1>/g)].map(([, name, text = '']) => {
			return `${name}-src &#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;
		});
		expect(hashes).toHaveLength(2);
		expect(policy.split('; ')).toEqual([
			'default-src &#39;none&#39;',
			...hashes,
			'base-uri &#39;none&#39;',
			'form-action &#39;none&#39;',
		]);
	});

	it('loads nothing and has no style or handler at an element', () => {
		const withoutData = page.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style>[\s\S]*?<\/style>/g, '');
		const tags = [...withoutData.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag.replace(/"[^"]*"/g, '""'));
		expect(tags.filter((tag) => /\s(src|srcset|style|on\w+|action)=/i.test(tag))).toEqual([]);
		expect(tags.filter((tag) => /^<(link|img|iframe|base|object|embed|form)\b/i.test(tag))).toEqual([]);
	});

	it('names no map of its script', () => expect(page).not.toContain('sourceMappingURL'));
});

it('keeps a page of a thousand events below three megabytes', () => {
	expect(trailPage(manyEvents(1000)).length).toBeLessThan(3_000_000);
});

it('shows of a huge event only what a person reads', () => {
	const huge = { event: trailEvent('a', null, 0, { payload: 'x'.repeat(5_000_000) }), facts: [] };
	expect(trailPage([huge]).length).toBeLessThan(200_000);
});

it('shows an event without its payload where none was kept', () => {
	const event = trailEvent('a', null, 0, { payload: undefined });
	expect(trailPage([{ event, facts: [] }])).not.toContain('payload\\"');
});
