/**
 * Installs something into a folder of the cache exactly once, however often and however parallel it is asked for.
 *
 * The work is done in a folder beside it that is renamed at the end, so what has the final name is whole. A folder
 * without our stamp (made by hand, or by an older version) is examined: adopted when it works, made anew when not.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isRunning, withLock } from './lock';
import { SetupError, step, type Log } from './log';

const STAMP = '.complete';

export interface Recipe {
	/** What a person reads: 'n8n 2.40.7 (about 5 minutes, only this once)'. */
	readonly title: string;
	/** Where it ends up. */
	readonly folder: string;
	/** Whether what is in the folder works. */
	check(folder: string): Promise<boolean>;
	/** Fills an empty folder; output goes to `logFile`. */
	install(folder: string, logFile: string): Promise<void>;
}

/** Whether it is there and works, without installing it. */
export async function isUsable(recipe: Pick<Recipe, 'folder' | 'check'>): Promise<boolean> {
	if (isInstalled(recipe.folder)) return true;
	if (!existsSync(recipe.folder) || !(await recipe.check(recipe.folder))) return false;
	await stamp(recipe.folder);
	return true;
}

function isInstalled(folder: string): boolean {
	return existsSync(join(folder, STAMP));
}

/** @throws SetupError when it could not be installed, or does not work */
export async function installOnce(recipe: Recipe, log: Log): Promise<void> {
	if (isInstalled(recipe.folder)) return;
	await withLock(`${recipe.folder}.lock`, log, async () => {
		if (await isUsable(recipe)) return;
		await step(log, `Installing ${recipe.title}`, async () => {
			await installBeside(recipe);
		});
	});
}

async function installBeside(recipe: Recipe): Promise<void> {
	const { folder } = recipe;
	await removeLeftovers(folder);
	const partial = `${folder}.partial-${process.pid}`;
	await mkdir(partial, { recursive: true });
	try {
		await recipe.install(partial, `${folder}.log`);
		if (!(await recipe.check(partial)))
			throw new SetupError(`${recipe.title} was installed and does not work. See ${folder}.log`);
		await stamp(partial);
		if (isInstalled(folder)) return;
		await rm(folder, { recursive: true, force: true });
		await rename(partial, folder);
	} finally {
		await rm(partial, { recursive: true, force: true });
	}
}

/** Half-made folders of processes that are no more. */
async function removeLeftovers(folder: string): Promise<void> {
	const prefix = `${basename(folder)}.partial-`;
	for (const name of await readdir(dirname(folder))) {
		if (!name.startsWith(prefix) || isRunning(Number(name.slice(prefix.length)))) continue;
		await rm(join(dirname(folder), name), { recursive: true, force: true });
	}
}

async function stamp(folder: string): Promise<void> {
	await writeFile(join(folder, STAMP), `${new Date().toISOString()}\n`);
}
