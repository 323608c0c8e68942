/**
 * Removes compiled files whose source is gone: tsc leaves them, and Jest would go on running the tests among them.
 */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const SOURCE_FOLDERS = ['credentials', 'nodes', 'scripts', 'src', 'test'];

/** @param output where tsconfig.test.json compiles to, with the folders of `repo` in it */
export async function removeStaleOutput(repo: string, output: string): Promise<void> {
	for (const folder of SOURCE_FOLDERS) {
		const names = await readdir(join(output, folder), { recursive: true }).catch(() => []);
		for (const name of names) {
			const stem = /^(.*)\.js(\.map)?$/.exec(name)?.[1];
			if (stem === undefined || hasSource(join(repo, folder, stem))) continue;
			await rm(join(output, folder, name), { force: true });
		}
	}
}

/** Scripts of pages are JavaScript at home too. */
function hasSource(stem: string): boolean {
	return existsSync(`${stem}.ts`) || existsSync(`${stem}.js`);
}
