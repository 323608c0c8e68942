/**
 * Where things are: the checkout, and the cache that all checkouts of a user share.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder with package.json, wherever this file was compiled to. */
export const REPO = checkout(__dirname);

/** What tests and builds write, apart from dist/. */
export const BUILD = join(REPO, 'build');

/** Node, n8n and its engine: gigabytes that no checkout should own. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
	if (env.EVENT_BUS_CACHE) return env.EVENT_BUS_CACHE;
	return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'n8n-nodes-event-bus');
}

function checkout(from: string): string {
	if (existsSync(join(from, 'gulpfile.js'))) return from;
	const parent = dirname(from);
	if (parent === from) throw new Error('The scripts must be run from a checkout of n8n-nodes-event-bus');
	return checkout(parent);
}
