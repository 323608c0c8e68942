/**
 * What must be in no file of the project: a path of somebody's machine, or a registry that only somebody has.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { REPO } from '../../scripts/toolchain/paths';

const NOT_OURS = /^(node_modules|dist|build|build-[^/]*|coverage|\.run|\.git)$/;
const BINARY = /\.(png|jpe?g|gif|ico|webp|tgz)$/;
/** `/home/node` is the home of n8n's own container image, so documentation may name it. */
const HOME = /(?<![\w.])\/(root|home\/(?!node\b)\w+|Users\/\w+)\/|[A-Z]:\\\\?Users\\/;
/** Put together here, so that this file does not name one itself. */
const REGISTRY = new RegExp(
	['registry\\.npmjs\\.', 'registry\\.yarnpkg\\.', 'npmmirror\\.', 'verdaccio', 'artifactory'].join('|'),
);

function textFiles(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return folder === REPO && NOT_OURS.test(entry.name) ? [] : textFiles(path);
		return entry.isFile() && !BINARY.test(entry.name) && path !== THIS_FILE ? [path] : [];
	});
}

const THIS_FILE = join(REPO, 'test', 'architecture', 'repository.test.ts');

function linesWith(pattern: RegExp): string[] {
	return textFiles(REPO).flatMap((file) =>
		readFileSync(file, 'utf8')
			.split('\n')
			.filter((line) => pattern.test(line))
			.map((line) => `${relative(REPO, file).split(sep).join('/')}: ${line.trim().slice(0, 120)}`),
	);
}

describe('no file of the repository', () => {
	it('names a folder of somebody’s home', () => {
		expect(linesWith(HOME)).toEqual([]);
	});

	it('names a package registry', () => {
		expect(linesWith(REGISTRY)).toEqual([]);
	});

	it('is passed over by this search', () => {
		expect(linesWith(/^\s*"name": "n8n-nodes-event-bus",$/)).toContain('package.json: "name": "n8n-nodes-event-bus",');
	});
});
