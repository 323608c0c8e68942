/**
 * What no page of the package may do: open a dialog, complain, ask somebody for something.
 */
import type { Page } from 'playwright-core';

/**
 * @param mayAsk which addresses it may load
 * @returns the incidents so far; more are added
 */
export function incidentsOf(page: Page, mayAsk: (url: string) => boolean): string[] {
	const incidents: string[] = [];
	page.on('dialog', (dialog) => {
		incidents.push(`dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
	page.on('console', (message) => incidents.push(`console: ${message.text()}`));
	page.on('pageerror', (error) => incidents.push(`error: ${error.message}`));
	page.on('request', (request) => {
		if (!mayAsk(request.url())) incidents.push(`request: ${request.url()}`);
	});
	return incidents;
}
