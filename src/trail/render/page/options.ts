/**
 * What a trail page is told beside the events.
 */

export interface TrailPageOptions {
	/** Default: Event trail. */
	readonly title?: string;
	/** What the trail is of, such as a correlation id. */
	readonly about?: string;
	/** Where the editor of n8n is, http or https; what is neither, and undefined: executions are named and not linked. */
	readonly n8nUrl?: string;
	/** What the page says when there are no events. Default: that nothing was recorded. */
	readonly ifEmpty?: string;
}

/** @returns undefined where the address is not one of the web: a script must not hide behind a link */
export function executionLink(
	n8nUrl: string | undefined,
	workflowId: string | null,
	executionId: string | null,
): string | undefined {
	if (n8nUrl === undefined || workflowId === null || executionId === null) return undefined;
	const base = URL.parse(n8nUrl);
	if (base?.protocol !== 'http:' && base?.protocol !== 'https:') return undefined;
	const path = base.pathname.replace(/\/+$/, '');
	return `${base.origin}${path}/workflow/${segment(workflowId)}/executions/${segment(executionId)}`;
}

/** Half a character of two cannot be written in an address. */
function segment(text: string): string {
	return encodeURIComponent(text.toWellFormed());
}
