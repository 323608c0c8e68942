import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from './fingerprint';

let root: string;

beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), 'event-bus-fingerprint-'));
	await mkdir(join(root, 'src', 'deep'), { recursive: true });
	await writeFile(join(root, 'src', 'deep', 'a.ts'), 'a');
	await writeFile(join(root, 'index.js'), 'index');
});

afterEach(async () => {
	await rm(root, { recursive: true });
});

const paths = ['src', 'index.js', 'not-there'];

describe('a fingerprint', () => {
	it('is the same while nothing changes', async () => {
		expect(await fingerprint(root, paths)).toBe(await fingerprint(root, paths));
	});

	it.each([
		['a file of a folder changes', 'src/deep/a.ts', 'b'],
		['a named file changes', 'index.js', 'other'],
		['a file appears', 'src/new.ts', ''],
		['a named file appears', 'not-there', ''],
	])('changes when %s', async (_name, file, text) => {
		const before = await fingerprint(root, paths);
		await writeFile(join(root, file), text);
		expect(await fingerprint(root, paths)).not.toBe(before);
	});

	it('does not see what is not included', async () => {
		const include = (path: string) => !path.endsWith('.test.ts');
		const before = await fingerprint(root, paths, include);
		await writeFile(join(root, 'src', 'deep', 'a.test.ts'), 'test');
		expect(await fingerprint(root, paths, include)).toBe(before);
	});
});
