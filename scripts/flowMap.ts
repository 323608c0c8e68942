/**
 * `npm run map -- <file or folder> …`: who publishes what to whom, read from exported workflows without running anything.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { EventBusError } from '../src/kernel/errors';
import { flowMapOf, type FlowMap } from '../src/trail/flowMap';
import { asyncApiDocument } from '../src/trail/render/asyncApi';
import { flowchart } from '../src/trail/render/flowchart';
import { mapPage } from '../src/trail/render/page/mapPage';
import { problemsOf } from '../src/trail/problems';
import { staticFlows } from '../src/trail/static/staticFlows';
import { looksLikeWorkflow, workflowsOf, type Workflow } from '../src/trail/static/workflowFile';
import { consoleLog as log } from './toolchain/log';

const USAGE = `Usage: npm run map -- <file or folder> … [--strict] [--outside <channel>] [--out <file>]

Draws the map of exported workflows as a Mermaid flowchart, and tells cycles and events that nobody consumes.

  --strict             end with exit code 1 when there are any
  --outside <channel>  somebody else reads this channel, so its events need no consumer here
  --out <file>         write the map instead of printing it: .html a page, .json an AsyncAPI 3 document, else Mermaid`;

interface Wish {
	readonly paths: readonly string[];
	readonly strict: boolean;
	readonly out: string | undefined;
	readonly outside: ReadonlySet<string>;
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
	const wish = wishOf(args);
	if (!wish) {
		log(USAGE);
		return args.includes('--help') ? 0 : 2;
	}
	const workflows = (await Promise.all(wish.paths.map(readWorkflows))).flat();
	const map = flowMapOf(staticFlows(workflows));
	if (wish.out === undefined) log(flowchart(map));
	else await writeFile(wish.out, rendered(map, wish.out));
	const problems = problemsOf(map, wish.outside);
	log(`${workflows.length} workflows, ${map.services.length} services, ${map.types.length} types of events`);
	for (const problem of problems) log(`! ${problem}`);
	return wish.strict && problems.length > 0 ? 1 : 0;
}

function wishOf(args: readonly string[]): Wish | null {
	const rest = [...args];
	const paths: string[] = [];
	let strict = false;
	const outside = new Set<string>();
	let out: string | undefined;
	for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
		if (arg === '--strict') strict = true;
		else if (arg === '--out' && rest.length > 0) out = rest.shift();
		else if (arg === '--outside' && rest.length > 0) outside.add(rest.shift() ?? '');
		else if (arg.startsWith('-')) return null;
		else paths.push(arg);
	}
	return paths.length === 0 ? null : { paths, strict, out, outside };
}

function rendered(map: FlowMap, file: string): string {
	switch (extname(file)) {
		case '.html':
			return mapPage(map, { title: 'Flow map of exported workflows' });
		case '.json':
			return `${JSON.stringify(asyncApiDocument(map), null, 2)}\n`;
		default:
			return flowchart(map);
	}
}

/** A folder with all below it: other JSON files may lie there. A file that is named must be a workflow. */
async function readWorkflows(path: string): Promise<readonly Workflow[]> {
	if (!existsSync(path)) {
		throw new EventBusError('settings', `${path} does not exist`, {
			hint: 'Give a workflow file, or a folder of them',
		});
	}
	if (!(await stat(path)).isDirectory()) return workflowsOf(await readJson(path), path);
	const names = await readdir(path, { recursive: true });
	const files = names.filter((name) => name.endsWith('.json')).sort();
	const found = await Promise.all(
		files.map(async (name) => {
			const file = join(path, name);
			const json = await readJson(file);
			return looksLikeWorkflow(json) ? workflowsOf(json, relative('.', file)) : [];
		}),
	);
	return found.flat();
}

async function readJson(file: string): Promise<unknown> {
	try {
		return JSON.parse(await readFile(file, 'utf8')) as unknown;
	} catch (cause) {
		throw new EventBusError('settings', `${file} is not JSON`, { cause, hint: 'Export the workflow from n8n again' });
	}
}

void main(process.argv.slice(2)).then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		log(error instanceof EventBusError ? `${error.message}. ${error.hint ?? ''}` : String(error));
		process.exitCode = 2;
	},
);
