/**
 * What axe-core says of a page.
 */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** @returns a line for each thing that is wrong */
export async function violationsOf(page: Page): Promise<readonly string[]> {
	await page.addScriptTag({ content: AXE });
	// As a text: the test does not know the browser's globals.
	const found = await page.evaluate<readonly { id: string; targets: string[] }[]>(
		`axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => String(target)) })))`,
	);
	return found.map(({ id, targets }) => `${id}: ${targets.join(', ')}`);
}
