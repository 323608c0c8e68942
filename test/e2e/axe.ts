/**
 * What axe-core says of a page. It is no dependency of the project; where it is installed, it is asked.
 */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** null: it is not installed. */
export const axeSource: string | null = sourceOfAxe();

/** @returns a line for each thing that is wrong */
export async function violationsOf(page: Page): Promise<readonly string[]> {
	await page.addScriptTag({ content: axeSource ?? '' });
	// As a text: the test does not know the browser's globals.
	const found = await page.evaluate<readonly { id: string; targets: string[] }[]>(
		`axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => String(target)) })))`,
	);
	return found.map(({ id, targets }) => `${id}: ${targets.join(', ')}`);
}

function sourceOfAxe(): string | null {
	try {
		return readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
	} catch {
		return null;
	}
}
