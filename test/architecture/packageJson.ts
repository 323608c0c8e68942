/**
 * package.json as the tests here read it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPO } from '../../scripts/toolchain/paths';

type Versions = Readonly<Record<string, string>>;

export interface PackageJson {
	readonly name: string;
	readonly license: string;
	readonly main: string;
	readonly types: string;
	readonly keywords: readonly string[];
	readonly files: readonly string[];
	readonly scripts: Readonly<Record<string, string>>;
	readonly n8n: {
		readonly n8nNodesApiVersion: number;
		readonly nodes: readonly string[];
		readonly credentials: readonly string[];
	};
	readonly dependencies?: Versions;
	readonly devDependencies: Versions;
	readonly peerDependencies: Versions;
}

export function readPackageJson(): PackageJson {
	return JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8')) as PackageJson;
}
