/**
 * Texts inside Mermaid diagrams.
 */
import { cut, printable } from './printable';

const MOST_CHARACTERS = 80;

/** Letters and digits of any language, and what neither Mermaid nor Markdown nor HTML reads as more than itself. */
const PLAIN = /[\p{L}\p{N} .,_/-]/u;

/**
 * One line that Mermaid shows as it is: everything else is written as the code of its character, so that no text can end a
 * label or begin a directive, a link or HTML. Long texts are cut.
 */
export function mermaidText(text: string): string {
	const shown = cut(printable(text).trim(), MOST_CHARACTERS);
	const escaped = Array.from(shown, (character) => {
		return PLAIN.test(character) ? character : `#${character.codePointAt(0)};`;
	}).join('');
	// The word ends a block wherever it stands.
	return escaped.replace(/\bend\b/gi, (word) => `#${word.charCodeAt(0)};${word.slice(1)}`) || ' ';
}
