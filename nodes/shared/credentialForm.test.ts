import type { INodeProperties } from 'n8n-workflow';
import type { Field } from '../../src/broker/fields';
import { manifestOf, manifests } from '../../src/broker/registry';
import type { BrokerManifest } from '../../src/broker/types';
import { storeManifests } from '../../src/store/stores';
import {
	brokerOfCredential,
	credentialProperties,
	storeCredentialProperties,
	storeOfCredential,
} from './credentialForm';

type Values = Readonly<Record<string, unknown>>;

const base = { section: '', default: '', help: 'What it is for' } as const;

/** A field depends on a field that depends on a field, and sections are not in order. */
const manyFields: readonly Field[] = [
	{ ...base, name: 'host', label: 'Host', type: 'text', required: true },
	{ ...base, name: 'tls', label: 'Use TLS', type: 'boolean', section: 'TLS', default: false },
	{ ...base, name: 'port', label: 'Port', type: 'number', default: 1234 },
	{
		...base,
		name: 'key',
		label: 'Key',
		type: 'multiline',
		section: 'TLS',
		secret: true,
		showWhen: { field: 'tls', in: [true] },
	},
	{
		...base,
		name: 'passphrase',
		label: 'Passphrase',
		type: 'text',
		section: 'Key',
		secret: true,
		showWhen: { field: 'key', in: ['given'] },
	},
	{ ...base, name: 'wings', label: 'Wings', type: 'number', section: 'Anatomy', default: 2 },
	{
		...base,
		name: 'ringed',
		label: 'Ringed',
		type: 'boolean',
		section: 'Anatomy',
		default: false,
		showWhen: { field: 'tls', in: [true] },
	},
];
const pigeon: BrokerManifest = {
	...manifestOf('embedded'),
	kind: 'carrier-pigeon',
	label: 'Carrier Pigeon',
	summary: 'Slow, and immune to fibre cuts',
	fields: manyFields,
	capabilities: { ...manifestOf('embedded').capabilities, delivery: 'at-most-once' },
};
const brokers = [...manifests, pigeon];
const form = credentialProperties(brokers);

/** What n8n shows for these values: it looks only at what a property itself says. */
function shown(values: Values): readonly INodeProperties[] {
	const all: Values = { ...Object.fromEntries(form.map((property) => [property.name, property.default])), ...values };
	return form.filter(({ displayOptions }) =>
		Object.entries(displayOptions?.show ?? {}).every(([name, wanted]) => wanted?.some((value) => value === all[name])),
	);
}

function labelsFor(values: Values): readonly string[] {
	return shown(values).map(({ displayName }) => displayName);
}

describe('the credential form', () => {
	it('asks for the broker first, and offers every one', () => {
		const [{ name, options = [] } = { name: '' }] = form;
		expect(name).toBe('broker');
		expect(options.map((option) => ('value' in option ? option.value : ''))).toEqual(brokers.map(({ kind }) => kind));
	});

	it('says of a broker what it is good for, and which one may lose events', () => {
		const options = form[0]?.options ?? [];
		expect(options.at(-1)).toEqual({
			name: 'Carrier Pigeon (at most once)',
			value: 'carrier-pigeon',
			description: 'Slow, and immune to fibre cuts',
		});
		expect(options[0]).toMatchObject({ name: 'Embedded (SQLite)' });
	});

	it('has no two fields of the same name', () => {
		const names = form.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
	});

	it.each(brokers)('has every field of $label, and hides its secrets', (manifest) => {
		const { kind, fields } = manifest;
		const all = form.filter(({ displayName, displayOptions }) => {
			return !displayName.startsWith('Show ') && displayOptions?.show?.broker?.includes(kind);
		});
		expect(all).toHaveLength(fields.length);
		const hidden = all.filter(({ typeOptions }) => typeOptions?.password).length;
		expect(hidden).toBe(fields.filter(({ secret }) => secret).length);
	});

	it.each(brokers)('of $label shows at first what must be filled in', ({ kind, fields }) => {
		const required = fields.filter((field) => field.required && !field.showWhen).map(({ label }) => label);
		expect(labelsFor({ broker: kind })).toEqual(expect.arrayContaining(required));
	});

	it('puts the fields of a section together, behind a switch unless its first field is one', () => {
		expect(labelsFor({ broker: 'carrier-pigeon' })).toEqual(['Broker', 'Host', 'Port', 'Use TLS', 'Show Anatomy']);
		const all = { carrierPigeonTls: true, carrierPigeonKey: 'given', carrierPigeonShowAnatomy: true };
		expect(labelsFor({ broker: 'carrier-pigeon', ...all })).toEqual([
			'Broker',
			'Host',
			'Port',
			'Use TLS',
			'Key',
			'Passphrase',
			'Show Anatomy',
			'Wings',
			'Ringed',
		]);
	});

	it('shows only the chosen broker, and hides what depends on something hidden', () => {
		const typed = { carrierPigeonTls: false, carrierPigeonKey: 'given', carrierPigeonShowAnatomy: true };
		const switchedOff = labelsFor({ broker: 'carrier-pigeon', ...typed });
		expect(switchedOff).toEqual(['Broker', 'Host', 'Port', 'Use TLS', 'Show Anatomy', 'Wings']);
		expect(labelsFor({ broker: 'embedded', ...typed })).toEqual(['Broker', 'File', 'Size Limit (MB)']);
	});
});

describe('a saved credential', () => {
	it.each(brokers)('of $label reads back the defaults where nothing is required', (manifest) => {
		if (manifest.fields.some(({ required }) => required)) return;
		const properties = shown({ broker: manifest.kind });
		const data = Object.fromEntries(properties.map((property) => [property.name, property.default]));
		expect(brokerOfCredential({ broker: manifest.kind, ...data }, brokers).manifest).toBe(manifest);
	});

	it('means the default where a field was left empty, and a number where the form saved a text', () => {
		const data = { broker: 'carrier-pigeon', carrierPigeonHost: 'loft', carrierPigeonTls: '' };
		const emptied = brokerOfCredential({ ...data, carrierPigeonPort: '' }, brokers);
		expect(emptied.settings).toEqual({ host: 'loft', port: 1234, tls: false, wings: 2 });
		const typed = brokerOfCredential({ ...data, carrierPigeonPort: '99' }, brokers);
		expect(typed.settings).toMatchObject({ port: 99 });
	});

	it('counts what is set in a section also while that is not shown', () => {
		const data = { broker: 'carrier-pigeon', carrierPigeonHost: 'loft', carrierPigeonWings: 4 };
		for (const show of [true, false]) {
			const { settings } = brokerOfCredential({ ...data, carrierPigeonShowAnatomy: show }, brokers);
			expect(settings).toMatchObject({ wings: 4 });
		}
	});

	it.each([
		['whose broker does not exist', { broker: 'smoke-signals' }],
		['without a broker', {}],
		['without a required value', { broker: 'carrier-pigeon', carrierPigeonHost: '' }],
	])('%s is refused', (_name, data) => {
		expect(() => brokerOfCredential(data, brokers)).toThrow(expect.objectContaining({ code: 'settings' }));
	});
});

describe('the credential form of event stores', () => {
	const stores = storeCredentialProperties();

	it('asks for the store first, and offers every one', () => {
		const [{ name, options = [] } = { name: '' }] = stores;
		expect(name).toBe('store');
		const kinds = options.map((option) => ('value' in option ? option.value : ''));
		expect(kinds).toEqual(storeManifests.map(({ kind }) => kind));
	});

	it('has no two fields of the same name', () => {
		const names = stores.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
	});

	it.each(storeManifests)('has every field of $label, and hides its secrets', ({ kind, fields }) => {
		const all = stores.filter(({ displayName, displayOptions }) => {
			return !displayName.startsWith('Show ') && displayOptions?.show?.store?.includes(kind);
		});
		expect(all).toHaveLength(fields.length);
		const hidden = all.filter(({ typeOptions }) => typeOptions?.password).length;
		expect(hidden).toBe(fields.filter(({ secret }) => secret).length);
	});

	it('reads back what was saved', () => {
		const { manifest, settings } = storeOfCredential({ store: 'sqlite', sqliteFile: '/data/store.db' });
		expect([manifest.kind, settings]).toEqual(['sqlite', { file: '/data/store.db' }]);
	});

	it.each([{}, { store: 'stone tablets' }])('refuses %j', (data) => {
		expect(() => storeOfCredential(data)).toThrow(expect.objectContaining({ code: 'settings' }));
	});
});
