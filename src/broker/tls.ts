/**
 * TLS and mutual TLS: the same fields on every broker that is reached over a socket, and what Node's clients want of them.
 */
import type { ConnectionOptions } from 'node:tls';
import { EventBusError } from '../kernel/errors';
import type { Field } from './fields';
import type { Native } from './types';

const SECTION = 'TLS';

/** @param defaultOn whether the broker is usually reached over TLS */
export function tlsFields(defaultOn = false): readonly Field[] {
	const shown = { showWhen: { field: 'tls', in: [true] } } as const;
	const pem = { type: 'multiline', section: SECTION, default: '', ...shown } as const;
	return [
		{
			name: 'tls',
			label: 'Use TLS',
			type: 'boolean',
			section: SECTION,
			default: defaultOn,
			help: 'Whether the connection is encrypted',
		},
		{
			...pem,
			name: 'tlsCa',
			label: 'CA Certificate',
			placeholder: '-----BEGIN CERTIFICATE-----',
			help: 'Certificate (PEM) of the authority that signed the server’s, if it is a private one',
		},
		{
			...pem,
			name: 'tlsCertificate',
			label: 'Client Certificate',
			placeholder: '-----BEGIN CERTIFICATE-----',
			help: 'Your own certificate (PEM), if the server asks for one',
		},
		{
			...pem,
			name: 'tlsKey',
			label: 'Client Key',
			secret: true,
			placeholder: '-----BEGIN PRIVATE KEY-----',
			help: 'The private key (PEM) of the client certificate',
		},
		{
			name: 'tlsPassphrase',
			label: 'Key Passphrase',
			type: 'text',
			section: SECTION,
			default: '',
			secret: true,
			help: 'Opens the client key, if it is encrypted',
			...shown,
		},
		{
			name: 'tlsServerName',
			label: 'Server Name',
			type: 'text',
			section: SECTION,
			default: '',
			placeholder: 'e.g. broker.example.com',
			help: 'The name the server’s certificate is checked against, if it is not the host you connect to',
			...shown,
		},
		{
			name: 'tlsVerify',
			label: 'Verify Server',
			type: 'boolean',
			section: SECTION,
			default: true,
			help: 'Whether a server with a certificate that cannot be verified is refused. Turn it off for tests only',
			...shown,
		},
	];
}

export type TlsOptions = Pick<
	ConnectionOptions,
	'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>;

/**
 * @returns null without TLS
 * @throws EventBusError `settings`
 */
export function readTls(settings: Native): TlsOptions | null {
	if (settings['tls'] !== true) return null;
	const text = (name: string) => {
		const value = settings[name];
		return typeof value === 'string' ? value.trim() : '';
	};
	const [ca, cert, key, passphrase] = [pem('tlsCa'), pem('tlsCertificate'), pem('tlsKey'), text('tlsPassphrase')];
	if ((cert === '') !== (key === '')) {
		throw new EventBusError(
			'settings',
			`There is a client ${cert === '' ? 'key' : 'certificate'} without its ${cert === '' ? 'certificate' : 'key'}`,
			{
				hint: 'Give both Client Certificate and Client Key, or neither',
			},
		);
	}
	return {
		...(ca === '' ? {} : { ca }),
		...(cert === '' ? {} : { cert, key }),
		...(passphrase === '' ? {} : { passphrase }),
		...(text('tlsServerName') === '' ? {} : { servername: text('tlsServerName') }),
		rejectUnauthorized: settings['tlsVerify'] !== false,
	};

	/** A form of one line, and an environment variable, may hold the line breaks as \n. */
	function pem(name: string): string {
		return text(name).replaceAll('\\n', '\n');
	}
}
