/**
 * The documentation: every Markdown file that is ours.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { REPO } from '../../scripts/toolchain/paths';

export interface MarkdownPage {
	/** 'docs/how-to/scaling.md' */
	readonly page: string;
	readonly text: string;
}

const FOLDERS = ['docs', 'workflows', 'examples', 'test'];

export function markdownPages(): readonly MarkdownPage[] {
	const atTop = readdirSync(REPO).filter(isMarkdown);
	const below = FOLDERS.flatMap((folder) =>
		readdirSync(join(REPO, folder), { recursive: true, encoding: 'utf8' })
			.filter((file) => isMarkdown(file) && !/(^|[\\/])(node_modules|\.venv)[\\/]/.test(file))
			.map((file) => [folder, ...file.split(sep)].join('/')),
	);
	return [...atTop, ...below.sort()].map((page) => ({ page, text: readFileSync(join(REPO, page), 'utf8') }));
}

function isMarkdown(file: string): boolean {
	return file.endsWith('.md');
}
