/**
 * The pages of the trail in a real browser: how long a person waits.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { trailPage } from '../../src/trail/render/page/trailPage';
import { Browser } from '../../test/e2e/browser';
import { manyEvents } from '../../test/trail/stories';
import { markdownTable } from '../docs/markdownTable';
import { type Log, step } from '../toolchain/log';

const SIZES = [100, 1000, 5000];
/** A quick measure is taken so often, and its middle one told. */
const REPEATS = 7;

/** Two frames: what was changed in the first is on the screen in the second. */
const PAINTED = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';

/** @returns a table */
export async function benchPages(log: Log): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'event-bus-bench-'));
	try {
		await using browser = await Browser.open();
		const columns: (readonly string[])[] = [];
		for (const size of SIZES) {
			columns.push(await step(log, `Measuring ${size} events`, async () => await measure(browser.page, size, folder)));
		}
		const rows = ROWS.map((name, row) => [name, ...columns.map((column) => column[row] ?? '')]);
		const table = markdownTable(['', ...SIZES.map((size) => `${size} events`)], rows);
		return `${table}\n\nMedian of ${REPEATS}, headless Chromium without a graphics card, ${cpus().length} cores.`;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

const ROWS = [
	'Size of the page',
	'Rendered by Node.js',
	'Opened',
	'Filtered',
	'Event chosen',
	'Longest frame while scrolling',
];

async function measure(page: Page, size: number, folder: string): Promise<readonly string[]> {
	const entries = manyEvents(size);
	const content = trailPage(entries);
	const file = join(folder, `${size}.html`);
	await writeFile(file, content);
	const rendering = await medianOf(async () => await inMs(async () => trailPage(entries)));
	const opening = await medianOf(async () => {
		return await inMs(async () => {
			await page.goto(pathToFileURL(file).href);
			await page.evaluate(PAINTED);
		});
	});
	const filtering = await medianOf(async (turn) => await type(page, turn % 2 === 0 ? 'payment' : ''));
	await type(page, '');
	const choosing = await medianOf(async (turn) => await choose(page, (turn * 37) % size));
	const scrolling = await medianOf(async () => await longestFrame(page));
	return [
		`${(content.length / 2 ** 20).toFixed(1)} MiB`,
		...[rendering, opening, filtering, choosing, scrolling].map(shown),
	];
}

/** In the page, as the way there would be measured too. @returns milliseconds until it is painted */
async function type(page: Page, text: string): Promise<number> {
	return await page.evaluate<number>(`(async () => {
		const filter = document.getElementById('filter');
		const begin = performance.now();
		filter.value = ${JSON.stringify(text)};
		filter.dispatchEvent(new Event('input'));
		await ${PAINTED};
		return performance.now() - begin;
	})()`);
}

async function choose(page: Page, place: number): Promise<number> {
	return await page.evaluate<number>(`(async () => {
		const begin = performance.now();
		document.querySelector('.row[data-event="${place}"]').click();
		await ${PAINTED};
		return performance.now() - begin;
	})()`);
}

async function longestFrame(page: Page): Promise<number> {
	return await page.evaluate<number>(`(async () => {
		const [list, chart] = [document.querySelector('.list'), document.querySelector('.chart')];
		let [longest, before] = [0, performance.now()];
		for (let frame = 0; frame < 40; frame++) {
			list.scrollTop += 180;
			chart.scrollLeft += 180;
			await new Promise(requestAnimationFrame);
			const now = performance.now();
			longest = Math.max(longest, now - before);
			before = now;
		}
		return longest;
	})()`);
}

async function inMs(work: () => Promise<unknown>): Promise<number> {
	const begin = performance.now();
	await work();
	return performance.now() - begin;
}

async function medianOf(measureOnce: (turn: number) => Promise<number>): Promise<number> {
	const found: number[] = [];
	for (let turn = 0; turn < REPEATS; turn++) found.push(await measureOnce(turn));
	return found.sort((one, other) => one - other)[Math.floor(REPEATS / 2)] ?? 0;
}

function shown(ms: number): string {
	return `${ms.toFixed(0)} ms`;
}
