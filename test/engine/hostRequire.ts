/**
 * Requires a module by Node's own loader, also inside Jest.
 *
 * Jest puts a module registry of its own behind every `require`, `createRequire` and `getBuiltinModule` that a test can
 * reach. It ignores NODE_PATH, by which an installed node package finds n8n's n8n-workflow, and cannot load the ES modules
 * some of n8n's nodes use. Code run in Node's main context is out of its reach. Without Jest this is plain `createRequire`.
 */
import { runInThisContext } from 'node:vm';

const { createRequire } = (
	runInThisContext('process') as { getBuiltinModule: typeof process.getBuiltinModule }
).getBuiltinModule('node:module');

/** @param file absolute path; the same path gives the same module for the whole process */
export function hostRequire<Module>(file: string): Module {
	return createRequire(file)(file) as Module;
}

/** A `require` that resolves as a file in that folder would. */
export function hostRequireFrom(folder: string): NodeJS.Require {
	return createRequire(`${folder}/resolve.js`);
}
