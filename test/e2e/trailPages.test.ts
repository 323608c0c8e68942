/**
 * The pages of the trail and of the flow map in a real browser: what they show, keys, accessibility, and texts that attack them.
 *
 * Leaves pictures in build/screenshots (or EVENT_BUS_SCREENSHOTS).
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { flowMapOf } from '../../src/trail/flowMap';
import { mapPage } from '../../src/trail/render/page/mapPage';
import { trailPage } from '../../src/trail/render/page/trailPage';
import { manyEvents, orderTrail } from '../trail/stories';
import { orderFlows } from '../trail/flows';
import { hostileFlows, hostileTrail } from '../trail/hostile';
import { violationsOf } from './axe';
import { Browser } from './browser';
import { incidentsOf } from './incidents';

const opened = new AsyncDisposableStack();
let browser: Browser;
let folder: string;
let incidents: string[];

const isFile = (url: string) => url.startsWith('file:');

const TRAIL = trailPage(orderTrail(), { about: 'corr_abc123', n8nUrl: 'http://127.0.0.1:5678/' });
const MAP = mapPage(flowMapOf(orderFlows()), { about: 'last 24 hours' });

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'event-bus-pages-'));
	opened.defer(async () => await rm(folder, { recursive: true, force: true }));
	browser = opened.use(await Browser.open());
	incidents = incidentsOf(browser.page, isFile);
});
afterAll(async () => {
	await opened.disposeAsync();
});
beforeEach(() => {
	incidents.length = 0;
});
afterEach(() => {
	expect(incidents).toEqual([]);
});

async function open(content: string, page: Page = browser.page): Promise<Page> {
	const file = join(folder, 'page.html');
	await writeFile(file, content);
	await page.goto(pathToFileURL(file).href);
	return page;
}

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
	beforeEach(async () => await browser.page.emulateMedia({ colorScheme }));

	it('shows the trail of an order', async () => {
		const page = await open(TRAIL);
		await page.locator('.row', { hasText: 'inventory.reserved' }).click();
		await browser.screenshot(`trail-${colorScheme}`);
		await expectHeading(page, 'inventory.reserved');
	});

	it('shows the flow map of the orders', async () => {
		const page = await open(MAP);
		await browser.screenshot(`flow-map-${colorScheme}`);
		await page.locator('.node', { hasText: 'payment-processor' }).first().click();
		await browser.screenshot(`flow-map-chosen-${colorScheme}`);
		await expectHeading(page, 'payment-processor');
	});

	it('shows that there is nothing', async () => {
		const page = await open(trailPage([], { about: 'corr_abc123' }));
		await browser.screenshot(`trail-empty-${colorScheme}`);
		expect(await page.getByText('No events here yet').isVisible()).toBe(true);
	});

	it('is accessible', async () => {
		await using lenient = await Browser.open({ bypassCSP: true });
		await lenient.page.emulateMedia({ colorScheme });
		await open(TRAIL, lenient.page);
		await lenient.page.locator('.row', { hasText: 'order.fulfilled' }).click();
		expect(await violationsOf(lenient.page)).toEqual([]);
		await open(MAP, lenient.page);
		await lenient.page.locator('.node', { hasText: 'payment-processor' }).first().click();
		expect(await violationsOf(lenient.page)).toEqual([]);
		await open(trailPage([]), lenient.page);
		expect(await violationsOf(lenient.page)).toEqual([]);
	});
});

describe('the trail page', () => {
	it('tells what happened to the chosen event, and links to its executions', async () => {
		const page = await open(TRAIL);
		await page.locator('.row', { hasText: 'inventory.reserved' }).click();
		const details = page.getByRole('complementary', { name: 'The chosen event' });
		const text = await details.innerText();
		expect(text).toContain('done after 3 attempts');
		expect(text).toContain('Attempt 1: failed, took 60 ms');
		expect(text).toContain('connect ECONNREFUSED 10.0.0.7:443');
		expect(text).toContain('"total_amount": 299.99');
		expect(await details.getByRole('link', { name: 'execution 105' }).getAttribute('href')).toBe(
			'http://127.0.0.1:5678/workflow/workflow1/executions/105',
		);
	});

	it('is used with keys alone', async () => {
		const page = await open(TRAIL);
		await page.locator('.row[data-event="0"]').focus();
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Enter');
		await expectHeading(page, 'order.validated');
		await page.keyboard.press('End');
		await expectHeading(page, 'shipping.label.printed');
		await page.keyboard.press('Home');
		await page.keyboard.press('ArrowLeft');
		expect(await visibleTypes(page)).toEqual(['order.created']);
		await page.keyboard.press('ArrowRight');
		expect(await visibleTypes(page)).toHaveLength(6);
		await page.locator('.mark[tabindex="0"]').focus();
		await page.keyboard.press('ArrowRight');
		await page.keyboard.press('ArrowDown');
		await expectHeading(page, 'inventory.reserved');
	});

	it.each([
		['/payment', ['inventory.reserved', 'payment.processed']],
		['/econnrefused', ['inventory.reserved']],
		['/mailbox 550', ['order.fulfilled']],
		['/prod-001 label', ['shipping.label.printed']],
		['/no such thing', []],
	])('filters by %s', async (keys, types) => {
		const page = await open(TRAIL);
		await page.keyboard.type(keys);
		await page.waitForFunction(`document.getElementById('status').textContent !== ''`);
		expect(await visibleTypes(page)).toEqual(types);
		expect(await page.getByText('No event fits the filter.').isVisible()).toBe(types.length === 0);
	});

	it('finds dead letters among a thousand events', async () => {
		const page = await open(trailPage(manyEvents(1000)));
		await page.getByRole('button', { name: 'Dead letters' }).click();
		const shown = await page.locator('.row[data-event]:visible').count();
		expect(shown).toBeGreaterThan(5);
		expect(shown).toBeLessThan(20);
		await page.locator('.row[data-event]:visible').last().click();
		await browser.screenshot('trail-many');
		expect(await page.locator('#details').innerText()).toContain('dead letter: attempts');
	});
});

describe('a page that n8n serves', () => {
	it('works in the sandbox that n8n puts around HTML', async () => {
		await using server = await serve(TRAIL, {
			'content-security-policy': 'sandbox allow-scripts allow-popups allow-forms',
		});
		const page = browser.page;
		await page.goto(server.url);
		await page.locator('.row', { hasText: 'order.fulfilled' }).click();
		await expectHeading(page, 'order.fulfilled');
		expect(incidents).toEqual([`request: ${server.url}`]);
		incidents.length = 0;
	});
});

describe('the flow map', () => {
	it('is used with keys alone', async () => {
		const page = await open(MAP);
		await page.locator('.node[tabindex="0"]').focus();
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Enter');
		await expectHeading(page, 'order.created');
		await page.keyboard.press('Escape');
		expect(await page.locator('#chosen').innerText()).toBe('');
	});
});

describe('texts that attack', () => {
	it('are shown by the trail page, and nothing else', async () => {
		const page = await open(
			trailPage(hostileTrail(), { title: '<script>alert(0)</script>', about: '"><img src=x onerror=alert(0)>' }),
		);
		const rows = page.locator('.row[data-event]');
		for (let index = 0; index < (await rows.count()); index++) {
			await rows.nth(index).click();
			await page
				.locator('#details .jump')
				.first()
				.hover({ trial: true, timeout: 50 })
				.catch(() => undefined);
		}
		expect(await strangersIn(page)).toEqual([]);
	});

	it('are shown by the flow map, and nothing else', async () => {
		const page = await open(mapPage(flowMapOf(hostileFlows()), { title: '</title><script>alert(0)</script>' }));
		const nodes = page.locator('.node');
		for (let index = 0; index < (await nodes.count()); index++) await nodes.nth(index).dispatchEvent('click');
		expect(await strangersIn(page)).toEqual([]);
	});

	it('would be refused by the browser if they came through', async () => {
		const broken = TRAIL.replace(
			'<main class="trail">',
			'$&<script>document.title = "owned"</script><img src="x" onerror="document.title = 1">',
		);
		const page = await open(broken);
		expect(await page.title()).toBe('Event trail · corr_abc123');
		expect(incidents.length).toBeGreaterThan(0);
		expect(incidents.every((incident) => incident.includes('Content Security Policy'))).toBe(true);
		incidents.length = 0;
	});
});

async function serve(
	content: string,
	headers: Record<string, string>,
): Promise<AsyncDisposable & { readonly url: string }> {
	const server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(content);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

async function expectHeading(page: Page, text: string): Promise<void> {
	expect(await page.locator('aside h2').first().innerText()).toBe(text);
}

async function visibleTypes(page: Page): Promise<readonly string[]> {
	return await page.locator('.row[data-event]:visible .type bdi').allInnerTexts();
}

/** Elements and attributes that the pages never have. */
async function strangersIn(page: Page): Promise<unknown> {
	return await page.evaluate(`
		[...document.querySelectorAll('*')].flatMap((element) => [
			...(element.matches('img, iframe, link, base, object, embed, form') ? [element.outerHTML.slice(0, 200)] : []),
			...(element.matches('script') && element.parentElement !== document.body ? [element.outerHTML.slice(0, 200)] : []),
			...[...element.attributes].filter(({ name }) => name.startsWith('on') || name === 'srcdoc').map(({ name }) => name),
			...(element.matches('a') && !/^https?:/.test(element.href) ? [element.href] : []),
		])`);
}
