/**
 * A registry of npm packages on this machine that has our package, as if it were published, and for every other sends npm
 * on to the registry that it asks otherwise.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { packTarball } from '../../scripts/packTarball';
import { npmRegistry } from '../../scripts/toolchain/npm';
import { REPO } from '../../scripts/toolchain/paths';

interface Manifest {
	readonly name: string;
	readonly version: string;
}

export class PackageRegistry implements AsyncDisposable {
	private constructor(
		private readonly server: Server,
		/** 'http://127.0.0.1:49152' */
		readonly url: string,
	) {}

	/** Packs the package. @throws SetupError when it does not compile */
	static async start(): Promise<PackageRegistry> {
		const tarball = await readFile(await packTarball(() => undefined));
		const manifest = JSON.parse(await readFile(join(REPO, 'package.json'), 'utf8')) as Manifest;
		const others = await npmRegistry();
		const server = createServer((request, response) => answer(request, response, { tarball, manifest, others }));
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		return new PackageRegistry(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	}

	/**
	 * Makes a folder with an npm in it that asks this registry, whatever registry it is told to ask: n8n allows another one
	 * than the public one only to those who pay for it.
	 *
	 * @returns its path, to stand first in PATH
	 */
	async npmIn(folder: string): Promise<string> {
		const path = join(folder, 'npm-of-the-test');
		const script = `#!/bin/sh
PATH="\${PATH#*:}"
for argument do
	shift
	case $argument in --registry=*) argument=--registry=${this.url} ;; esac
	set -- "$@" "$argument"
done
exec npm "$@"
`;
		await mkdir(path);
		await writeFile(join(path, 'npm'), script, { mode: 0o755 });
		return path;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const closed = once(this.server, 'close');
		this.server.close();
		this.server.closeAllConnections();
		await closed;
	}
}

interface Shelf {
	readonly tarball: Buffer;
	readonly manifest: Manifest;
	/** Address of the registry that has everything else. */
	readonly others: string;
}

function answer({ url = '/', headers }: IncomingMessage, response: ServerResponse, shelf: Shelf): void {
	const { tarball, manifest, others } = shelf;
	const { name, version } = manifest;
	const file = `/${name}/-/${name}-${version}.tgz`;
	const published = {
		...manifest,
		dist: {
			tarball: `http://${headers.host ?? ''}${file}`,
			integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
		},
	};
	if (url === file) response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball);
	else if (url === `/${name}`) {
		json(response, { name, 'dist-tags': { latest: version }, versions: { [version]: published } });
	} else if (url === `/${name}/${version}` || url === `/${name}/latest`) json(response, published);
	else response.writeHead(307, { location: new URL(url.slice(1), others).href }).end();
}

function json(response: ServerResponse, value: unknown): void {
	response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
