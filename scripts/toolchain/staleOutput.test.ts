import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStaleOutput } from './staleOutput';

it('removes compiled files whose source is gone, and nothing else', async () => {
	const repo = await mkdtemp(join(tmpdir(), 'event-bus-stale-'));
	try {
		const output = join(repo, 'build');
		await mkdir(join(repo, 'src'));
		await mkdir(join(output, 'src'), { recursive: true });
		await writeFile(join(repo, 'src', 'here.ts'), '');
		await writeFile(join(repo, 'src', 'page.client.js'), '');
		for (const name of [
			'here.js',
			'here.js.map',
			'page.client.js',
			'gone.test.js',
			'gone.test.js.map',
			'schema.json',
		]) {
			await writeFile(join(output, 'src', name), '');
		}
		await removeStaleOutput(repo, output);
		expect((await readdir(join(output, 'src'))).sort()).toEqual([
			'here.js',
			'here.js.map',
			'page.client.js',
			'schema.json',
		]);
	} finally {
		await rm(repo, { recursive: true });
	}
});
