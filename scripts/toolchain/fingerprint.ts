/**
 * One hash for the content of many files: the question "has anything changed since" without trusting file times.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { errorCode } from './errorCode';

/**
 * @param paths files and folders below `root`; one that does not exist counts as absent
 * @param include which files of a folder count, by their path below `root` with forward slashes
 */
export async function fingerprint(
	root: string,
	paths: readonly string[],
	include: (path: string) => boolean = () => true,
): Promise<string> {
	const hash = createHash('sha256');
	for (const path of paths) {
		for (const file of await filesIn(join(root, path))) {
			const name = relative(root, file).split(sep).join('/');
			if (!include(name)) continue;
			hash
				.update(`${name}\0`)
				.update(await readFile(file))
				.update('\0');
		}
	}
	return hash.digest('hex').slice(0, 16);
}

async function filesIn(path: string): Promise<readonly string[]> {
	try {
		const entries = await readdir(path, { recursive: true, withFileTypes: true });
		return entries
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name))
			.sort();
	} catch (error) {
		if (errorCode(error) === 'ENOTDIR') return [path];
		if (errorCode(error) === 'ENOENT') return [];
		throw error;
	}
}
