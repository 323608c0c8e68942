/**
 * The n8n of `npm start`: everything it has is in .run/ of the checkout, and nothing of an n8n the user runs elsewhere.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '../toolchain/lock';
import { SetupError } from '../toolchain/log';
import type { N8nInstallation } from '../toolchain/n8n';
import { REPO } from '../toolchain/paths';
import type { Owner } from './restClient';

export const RUN_FOLDER = join(REPO, '.run');
export const LOG_FILE = join(RUN_FOLDER, 'n8n.log');
/** Which workflow files n8n has. */
export const IMPORTED = join(RUN_FOLDER, 'imported-workflows.json');

const OWNER_FILE = join(RUN_FOLDER, 'owner.json');
const PID_FILE = join(RUN_FOLDER, 'pid');

/** Makes the folder, for this process alone until `release`. @throws SetupError when another `npm start` uses it */
export async function occupy(installation: N8nInstallation): Promise<{ release: () => Promise<void> }> {
	await mkdir(join(RUN_FOLDER, 'node_modules'), { recursive: true });
	const owner = Number(await readFile(PID_FILE, 'utf8').catch(() => ''));
	if (owner > 0 && owner !== process.pid && isRunning(owner)) {
		throw new SetupError(
			`npm start already runs in this checkout (process ${owner}). Stop it first; if no such thing runs, remove ${PID_FILE}.`,
		);
	}
	await writeFile(PID_FILE, String(process.pid));
	await linkHostModule(installation);
	return { release: async () => await rm(PID_FILE, { force: true }) };
}

/** The owner account, with a password made at the first start. */
export async function ownerAccount(): Promise<Owner> {
	const known = await readFile(OWNER_FILE, 'utf8').catch(() => null);
	if (known) return JSON.parse(known) as Owner;
	// n8n wants a digit and a capital letter.
	const owner = { email: 'owner@example.com', password: `${randomBytes(9).toString('base64url')}A1` };
	await writeFile(OWNER_FILE, JSON.stringify(owner, null, '\t'), { mode: 0o600 });
	return owner;
}

/**
 * In this folder, Node's search for n8n-workflow goes up into the checkout and finds the copy that the sources are compiled
 * with; its error classes are not those of the n8n that runs. With this link it finds n8n's own first, as it does for a
 * user whose folder is elsewhere.
 */
async function linkHostModule({ root }: N8nInstallation): Promise<void> {
	const link = join(RUN_FOLDER, 'node_modules', 'n8n-workflow');
	await rm(link, { force: true, recursive: true });
	await symlink(join(root, 'node_modules', 'n8n-workflow'), link, 'junction');
}
