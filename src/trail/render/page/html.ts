/**
 * HTML that escapes by itself: what is put into a template is text unless it is HTML already.
 */
import { printable } from '../printable';

export class Html {
	constructor(readonly text: string) {}
}

export type Content = string | number | Html | readonly Content[] | null | undefined | false;

export function html(texts: TemplateStringsArray, ...contents: readonly Content[]): Html {
	return new Html(texts.map((text, index) => (index === 0 ? text : render(contents[index - 1]) + text)).join(''));
}

function render(content: Content): string {
	if (content === null || content === undefined || content === false) return '';
	if (content instanceof Html) return content.text;
	if (typeof content === 'object') return content.map(render).join('');
	return escape(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
	'`': '&#96;',
};

function escape(text: string): string {
	return printable(text, true).replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? character);
}

/** JSON that may stand in a script element: nothing in it ends the element or a line. */
export function jsonIsland(id: string, value: unknown): Html {
	const json = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
		return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
	});
	return new Html(`<script type="application/json" id="${id}">${json}</script>`);
}
