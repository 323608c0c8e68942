/**
 * Brings workflow files into a running n8n and publishes them, as often as wanted without making copies.
 *
 * Through the REST API: the same by the CLI costs 5 s a workflow. A workflow changed in the editor stays as it is until
 * its file changes.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SetupError } from '../toolchain/log';
import type { RestClient, StoredWorkflow, WorkflowFile } from './restClient';

/** Workflow id → hash of the file that n8n has. */
type Imported = Record<string, string>;

export type Change = 'new' | 'updated' | 'unchanged';

/**
 * @param record where the hashes of imported files are kept between starts
 * @returns what was done, by the name of the workflow
 */
export async function publishWorkflows(
	client: RestClient,
	files: readonly string[],
	record: string,
): Promise<ReadonlyMap<string, Change>> {
	const imported = JSON.parse(await readFile(record, 'utf8').catch(() => '{}')) as Imported;
	const changes = new Map<string, Change>();
	for (const file of files) {
		const text = await readFile(file, 'utf8');
		const workflow = parseWorkflow(text, file);
		const hash = createHash('sha256').update(text).digest('hex');
		const { stored, change } = await bringIn(client, workflow, imported[workflow.id] === hash);
		if (change !== 'unchanged' || stored.activeVersionId === null) await client.activate(workflow.id, stored.versionId);
		imported[workflow.id] = hash;
		changes.set(workflow.name, change);
		await writeFile(record, JSON.stringify(imported, null, '\t'));
	}
	return changes;
}

/** The workflow files of a folder, by name, without `except`. */
export async function workflowFiles(folder: string, except: readonly string[] = []): Promise<readonly string[]> {
	const files: string[] = [];
	for (const name of (await readdir(folder)).sort()) {
		if (!name.endsWith('.json') || except.includes(name)) continue;
		const file = join(folder, name);
		// A folder of workflows also holds their sample data.
		if (isWorkflow(JSON.parse(await readFile(file, 'utf8')))) files.push(file);
	}
	return files;
}

/** @throws SetupError when the text is no workflow, or one without id */
export function parseWorkflow(text: string, file: string): WorkflowFile {
	const json: unknown = JSON.parse(text);
	if (!isWorkflow(json)) throw new SetupError(`${basename(file)} is no n8n workflow`);
	if (typeof json.id !== 'string' || json.id === '') {
		throw new SetupError(`${basename(file)} has no id, so a second import would make a copy. Give it one.`);
	}
	return json;
}

async function bringIn(
	client: RestClient,
	workflow: WorkflowFile,
	unchanged: boolean,
): Promise<{ stored: StoredWorkflow; change: Change }> {
	const stored = await client.workflow(workflow.id);
	if (!stored) return { stored: await client.createWorkflow(workflow), change: 'new' };
	if (unchanged) return { stored, change: 'unchanged' };
	return { stored: await client.replaceWorkflow(workflow), change: 'updated' };
}

function isWorkflow(json: unknown): json is WorkflowFile {
	return typeof json === 'object' && json !== null && 'nodes' in json && 'connections' in json;
}
