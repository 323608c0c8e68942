/**
 * The frame of a page that asks nothing of any server: its style and script are in it, and it allows itself no others.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Html, html } from './html';

export interface PageParts {
	readonly title: string;
	readonly style: string;
	/** Name of the script's file beside this one. */
	readonly script: string;
	readonly body: Html;
}

/** The page as text. */
export function page({ title, style, script, body }: PageParts): string {
	const code = readScript(script);
	// A script, handler or style that came in by a text of an event has no hash here, so the browser refuses it even if the
	// escaping were wrong. No address is allowed either: nothing can leave the page.
	const policy = [
		"default-src 'none'",
		`style-src '${hashOf(style)}'`,
		`script-src '${hashOf(code)}'`,
		"base-uri 'none'",
		"form-action 'none'",
	].join('; ');
	return html`<!doctype html>
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta http-equiv="Content-Security-Policy" content="${policy}" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<meta name="color-scheme" content="light dark" />
				<meta name="referrer" content="no-referrer" />
				<title>${title}</title>
				${element('style', style)}
			</head>
			<body>
				${body} ${element('script', code)}
			</body>
		</html> `.text;
}

/** Its text is hashed, so it must not be touched. */
function element(name: 'style' | 'script', text: string): Html {
	return new Html(`<${name}>${text}</${name}>`);
}

function readScript(name: string): string {
	const code = readFileSync(join(__dirname, name), 'utf8');
	// The map is not in the page, and looking for it would be a request.
	return code.replace(/^\/\/# sourceMappingURL=.*$/m, '').trim();
}

function hashOf(text: string): string {
	return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
