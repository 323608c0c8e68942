import { EventBusError } from '../kernel/errors';
import { fromConnectionUrl } from './connectionUrl';
import { brokerFromUrl } from './registry';
import type { Field } from './fields';
import { manifestOf, manifests } from './registry';
import { checkSettings } from './settings';
import type { BrokerManifest, Native } from './types';

const text = (name: string, more: Partial<Field> = {}): Field => ({
	name,
	label: `The ${name}`,
	type: 'text',
	section: '',
	default: '',
	help: `Enter the ${name}`,
	...more,
});

const sample: BrokerManifest = {
	kind: 'sample',
	label: 'Sample',
	fields: [
		text('host', { required: true }),
		text('port', { type: 'number', default: 5672 }),
		text('tls', { type: 'boolean', default: false }),
		text('login', {
			type: 'choice',
			default: 'none',
			choices: [
				{ value: 'none', label: 'None' },
				{ value: 'password', label: 'Password' },
			],
		}),
		text('password', { secret: true, required: true, showWhen: { field: 'login', in: ['password'] } }),
		text('pin', { type: 'number', default: 0, secret: true }),
	],
	schemes: ['sample', 'samples'],
	fromUrl: (url) => ({ host: new URL(url).hostname, tls: url.startsWith('samples:') }),
	describe: ({ host }) => `Sample ${String(host)}`,
	capabilities: manifestOf('embedded').capabilities,
	open: async () => await Promise.reject(new EventBusError('unsupported', 'Only a sample')),
};

function problemOf(check: () => unknown): EventBusError {
	try {
		check();
	} catch (error) {
		if (error instanceof EventBusError) return error;
	}
	throw new Error('It was accepted');
}

describe('checkSettings', () => {
	it.each<[string, Native, Native]>([
		['fills in defaults', { host: 'h' }, { host: 'h', port: 5672, tls: false, login: 'none', pin: 0 }],
		[
			'turns texts of a URL into numbers and switches',
			{ host: 'h', port: '1', tls: 'true' },
			{ host: 'h', port: 1, tls: true, login: 'none', pin: 0 },
		],
		[
			'leaves out what the form hides',
			{ host: 'h', password: 'typed before' },
			{ host: 'h', port: 5672, tls: false, login: 'none', pin: 0 },
		],
	])('%s', (_name, given, expected) => expect(checkSettings(sample, given)).toEqual(expected));

	it.each<[string, Native, RegExp]>([
		['a missing value', {}, /The host/],
		['a missing value that is shown', { host: 'h', login: 'password' }, /The password/],
		['a number that is none', { host: 'h', port: 'many' }, /"many" as The port/],
		['a switch that is none', { host: 'h', tls: 'perhaps' }, /"perhaps" as The tls/],
		['an unknown choice', { host: 'h', login: 'magic' }, /"magic" as The login/],
		['a text that is none', { host: 5 }, /"5" as The host/],
		['an unknown setting', { host: 'h', hots: 'h' }, /"hots"/],
	])('refuses %s', (_name, given, message) => {
		const problem = problemOf(() => checkSettings(sample, given));
		expect(problem).toMatchObject({
			code: 'settings',
			message: expect.stringMatching(message),
			hint: expect.any(String),
		});
	});

	it('never shows a secret', () => {
		const problem = problemOf(() => checkSettings(sample, { host: 'h', pin: 'top-secret' }));
		expect(`${problem.message} ${problem.hint}`).not.toContain('top-secret');
	});
});

describe('fromConnectionUrl', () => {
	it('finds the broker by its scheme, whatever its case', () => {
		const found = fromConnectionUrl(' SAMPLES://user:pw@server ', [sample]);
		expect(found.manifest.kind).toBe('sample');
		expect(found.settings).toMatchObject({ host: 'server' });
	});

	it.each([['other://user:hunter2@server/x'], ['user:hunter2@server'], ['//user:hunter2@server'], ['']])(
		'refuses %s with the schemes that exist, and without what it holds',
		(url) => {
			const problem = problemOf(() => fromConnectionUrl(url, [sample]));
			expect(problem).toMatchObject({ code: 'settings', hint: 'Begin with one of: sample:, samples:' });
			expect(problem.message).not.toContain('hunter2');
		},
	);

	it.each<[string, Native]>([
		['sqlite:/data/bus.db', { file: '/data/bus.db', maxFileMegabytes: 1024 }],
		['sqlite:///data/my%20bus.db?maxFileMegabytes=5', { file: '/data/my bus.db', maxFileMegabytes: 5 }],
		['sqlite:C:/data/bus.db', { file: 'C:/data/bus.db', maxFileMegabytes: 1024 }],
		['sqlite:', { file: '', maxFileMegabytes: 1024 }],
	])('reads %s', (url, settings) => {
		expect(brokerFromUrl(url)).toEqual({ manifest: manifestOf('embedded'), settings });
	});

	it.each([
		'sqlite://server/bus.db',
		'sqlite:/data/%zz',
		'sqlite:/data/bus.db?size=1',
		'sqlite:/x?maxFileMegabytes=big',
	])('refuses %s', (url) => {
		expect(problemOf(() => brokerFromUrl(url)).code).toBe('settings');
	});
});

describe('the registry', () => {
	it('names the brokers that exist when one does not', () => {
		const problem = problemOf(() => manifestOf('carrier-pigeon'));
		expect(problem).toMatchObject({ code: 'settings', hint: expect.stringContaining('embedded') });
	});

	it('has no two brokers with one name or one scheme', () => {
		const names = manifests.flatMap(({ kind, schemes }) => [kind, ...schemes.map((scheme) => `${scheme}:`)]);
		expect(new Set(names).size).toBe(names.length);
	});
});
