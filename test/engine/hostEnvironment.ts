/**
 * The process environment n8n's own start-up would make, and its undoing.
 *
 * `process.env` is only Node's own when this file is loaded by Node's own loader (hostRequire.ts): Jest gives tests a copy.
 */
import { delimiter } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Node keeps this private; n8n calls it to make NODE_PATH count for node packages (load-nodes-and-credentials). */
interface ModulePaths {
	_initPaths(): void;
}

/**
 * Sets the variables (undefined: removed) and puts `nodePath` first in NODE_PATH, so that an installed package that
 * requires n8n-workflow gets the engine's own copy.
 *
 * @returns puts everything back
 */
export function enterHostEnvironment(nodePath: string, variables: Environment): () => void {
	const wanted: Environment = {
		N8N_LOG_LEVEL: 'silent',
		N8N_ENCRYPTION_KEY: 'key-of-the-test-engine',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		...variables,
		NODE_PATH: [nodePath, process.env.NODE_PATH].filter(Boolean).join(delimiter),
	};
	const before = Object.fromEntries(Object.keys(wanted).map((name) => [name, process.env[name]]));
	applyEnvironment(wanted);
	return () => applyEnvironment(before);
}

function applyEnvironment(variables: Environment): void {
	for (const [name, value] of Object.entries(variables)) {
		if (value === undefined) delete process.env[name];
		else process.env[name] = value;
	}
	const { Module } = process.getBuiltinModule('node:module');
	(Module as unknown as ModulePaths)._initPaths();
}
