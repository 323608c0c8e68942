/**
 * Texts that others wrote, made fit to be looked at.
 */

/**
 * Characters that show nothing, or change how their neighbours are shown: controls, marks of writing direction, line separators, joiners
 * and halves of surrogate pairs. A name with them could look like another one.
 */
const INVISIBLE =
	/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** Invisible characters as `\u202e`. Spaces and tabs stay as they are, lines end where they did only with `keepLines`. */
export function printable(text: string, keepLines = false): string {
	return text.replace(INVISIBLE, (character) => {
		if (character === '\t' || (keepLines && character === '\n')) return character;
		return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
	});
}

/** At most so many characters, with … for what is missing. */
export function cut(text: string, most: number): string {
	if (text.length <= most) return text;
	const characters = Array.from(text.slice(0, 2 * (most + 1)));
	return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
