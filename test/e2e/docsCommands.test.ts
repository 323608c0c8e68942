/**
 * The shell commands of the documentation, typed into a terminal beside a real n8n.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { REPO } from '../../scripts/toolchain/paths';
import { until } from '../conformance/waiting';
import type { WorkflowJson } from '../engine/workflowShelf';
import { runProgram } from '../interop/foreignProgram';
import { readJson } from '../workflows/files';
import { pageCommands, type PageCommands } from './pageCommands';
import { markdownPages } from '../architecture/markdownPages';
import { TemporaryN8n } from './temporaryN8n';

jest.setTimeout(180_000);

const opened = new AsyncDisposableStack();
let n8n: TemporaryN8n;
let terminal: Readonly<Record<string, string>>;

const pages = markdownPages().flatMap(({ page, text }): [string, PageCommands][] => {
	const commands = pageCommands(text);
	return commands ? [[page, commands]] : [];
});

beforeAll(async () => {
	n8n = opened.use(await TemporaryN8n.start());
	terminal = await openTerminal();
}, 300_000);
afterAll(async () => {
	await opened.disposeAsync();
});

it('finds the pages that promise something', () => {
	expect(pages.map(([page]) => page)).toEqual(
		expect.arrayContaining(['README.md', 'docs/tutorial/first-ten-minutes.md', 'workflows/README.md']),
	);
});

it.each(pages)('%s: every command does what the page says', async (_page, { workflows, blocks }) => {
	for (const file of workflows) await publish(await readJson<WorkflowJson>(file));
	try {
		for (const { script, until: text } of blocks) {
			if (text === null) await run(script);
			else await until(`"${text}" comes from ${script}`, async () => (await run(script)).includes(text), 60_000);
		}
	} finally {
		for (const file of workflows) await n8n.client.deactivate((await readJson<WorkflowJson>(file)).id);
	}
});

/** Several pages use the same workflow. */
async function publish(workflow: WorkflowJson): Promise<void> {
	if (await n8n.client.workflow(workflow.id)) await n8n.reactivate(workflow.id);
	else await n8n.publish(workflow);
	for (const { type, parameters } of workflow.nodes) {
		const { path } = parameters;
		if (!type.endsWith('.webhook') || typeof path !== 'string') continue;
		// n8n opens a webhook a moment after it has published the workflow. Another method gets 404 as well, with other words.
		await until(`the webhook ${path} is open`, async () => {
			const answer = await fetch(`${n8n.url}/webhook/${path}`, { method: 'PATCH' });
			return (await answer.text()).includes('Did you mean to make a');
		});
	}
}

/** In the repository, with n8n where the page says it is. @throws Error when a command fails */
async function run(script: string): Promise<string> {
	const here = script.replaceAll('localhost:5678', new URL(n8n.url).host);
	return (await runProgram('bash', ['-e', '-c', `cd '${REPO}'\n${here}`], { env: terminal })).toString();
}

/** With `n8n` on the path, and a curl that ends with an error when the answer is one. */
async function openTerminal(): Promise<Readonly<Record<string, string>>> {
	const folder = join(n8n.folder, 'terminal');
	await mkdir(folder);
	const { command, args, env } = await n8n.commandLine();
	const settings = Object.entries(env).flatMap(([name, value]) =>
		value === undefined || name === 'PATH' ? [] : [`export ${name}=${quoted(value)}`],
	);
	const call = [command, ...args].map(quoted).join(' ');
	await writeFile(join(folder, 'n8n'), ['#!/bin/bash', ...settings, `exec ${call} "$@"`, ''].join('\n'));
	await chmod(join(folder, 'n8n'), 0o755);
	await writeFile(join(folder, '.curlrc'), 'fail-with-body\nsilent\nshow-error\n');
	return { CURL_HOME: folder, PATH: [folder, process.env.PATH ?? ''].join(delimiter) };
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
