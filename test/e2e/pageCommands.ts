/**
 * The commands of a page of documentation that are promised to work: its blocks marked `sh`.
 *
 * Comments that a reader does not see say the rest: `Tried in n8n with: <workflows>` what is published before, and
 * `until: <text>` in front of a block that it is repeated until its output has the text.
 */
export interface PageCommands {
	/** Below workflows/. */
	readonly workflows: readonly string[];
	readonly blocks: readonly CommandBlock[];
}

export interface CommandBlock {
	readonly script: string;
	/** null: it is run once. */
	readonly until: string | null;
}

const TRIED_WITH = /^<!-- Tried in n8n with: (.+) -->$/m;
const BLOCK = /(?:<!-- until: (.+) -->\n)?```sh\n([\s\S]*?)\n```/g;

/** @returns null for a page without such commands. @throws Error when it does not say what they are tried with */
export function pageCommands(markdown: string): PageCommands | null {
	const blocks = [...markdown.matchAll(BLOCK)].map(([, until = null, script = '']) => ({ script, until }));
	if (blocks.length === 0) return null;
	const triedWith = TRIED_WITH.exec(markdown)?.[1];
	if (triedWith === undefined) throw new Error('The page does not say which workflows its commands are tried with');
	return { workflows: triedWith === 'nothing' ? [] : triedWith.split(', '), blocks };
}
