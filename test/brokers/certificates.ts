/**
 * A private certificate authority for tests: one for the server at 127.0.0.1, one for a client, valid for a day.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
	/** PEM. */
	readonly certificate: string;
	/** PEM, not encrypted. */
	readonly key: string;
	readonly certificateFile: string;
	readonly keyFile: string;
}

export interface Certificates extends AsyncDisposable {
	/** PEM of the authority that signed the others. */
	readonly ca: string;
	readonly caFile: string;
	/** For localhost and 127.0.0.1. */
	readonly server: Certificate;
	/** With the common name `event-bus`. */
	readonly client: Certificate;
}

/**
 * Takes the openssl of the system. Removes its folder with `await using`.
 *
 * @param algorithm rsa for a server in Java that reads no other keys from a file
 */
export async function makeCertificates(algorithm: 'ec' | 'rsa' = 'ec'): Promise<Certificates> {
	const folder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-certificates-'));
	const openssl = async (...args: string[]) => await run('openssl', args, { cwd: folder });
	const kind = algorithm === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] : ['rsa:2048'];
	const key = ['-newkey', ...kind, '-nodes'];
	await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '1', '-subj', '/CN=test ca');
	const issue = async (name: string, subject: string, usage: string): Promise<Certificate> => {
		const extensions = `${name}.ext`;
		const use = `extendedKeyUsage=${usage}\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n`;
		await writeFile(join(folder, extensions), use);
		await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${subject}`);
		const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', extensions];
		await openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.pem`);
		const [certificateFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
		return {
			certificateFile,
			keyFile,
			certificate: await readFile(certificateFile, 'utf8'),
			key: await readFile(keyFile, 'utf8'),
		};
	};
	const caFile = join(folder, 'ca.pem');
	return {
		caFile,
		ca: await readFile(caFile, 'utf8'),
		server: await issue('server', 'localhost', 'serverAuth'),
		client: await issue('client', 'event-bus', 'clientAuth'),
		[Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
	};
}
