/**
 * The workflows that ship, as files.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { WorkflowJson } from '../engine/workflowShelf';

/** Beside any build folder (build/test/workflows). */
const WORKFLOWS = resolve(__dirname, '../../../workflows');

export const ALL_ON_ONE_CANVAS = 'choreography/all-on-one-canvas.json';

/** @param file below workflows/ */
export async function readJson<Value>(file: string): Promise<Value> {
	return JSON.parse(await readFile(pathOf(file), 'utf8')) as Value;
}

export function pathOf(file: string): string {
	return join(WORKFLOWS, file);
}

/** sample-orders.json and expected-events.json, which belong to a folder but are no workflows. */
const NO_WORKFLOW = /(sample|expected)-[a-z-]+\.json$/;

/** Every workflow that ships, by its file: 'choreography/00-place-order.json'. */
export async function shippedWorkflows(): Promise<ReadonlyMap<string, WorkflowJson>> {
	const files = (await readdir(pathOf(''), { recursive: true })).sort();
	const shipped = files.filter((file) => file.endsWith('.json') && !NO_WORKFLOW.test(file));
	return new Map(await Promise.all(shipped.map(async (file) => [file, await readJson<WorkflowJson>(file)] as const)));
}

/** The article's services and the webhook before them, in the order of the chain. */
export async function choreographyServices(): Promise<readonly WorkflowJson[]> {
	return await workflowsOf('choreography');
}

/** The numbered workflows of a folder, in their order. */
export async function workflowsOf(folder: string): Promise<readonly WorkflowJson[]> {
	const files = (await readdir(pathOf(folder))).filter((file) => /^\d\d-.*\.json$/.test(file)).sort();
	return await Promise.all(files.map((file) => readJson<WorkflowJson>(`${folder}/${file}`)));
}
