/**
 * The credential *Event Bus*, both ways: the form that n8n shows, made from the brokers' own field lists, and the
 * settings of the chosen broker, read back from what the form saved. No broker is named here.
 */
import type { INodeProperties } from 'n8n-workflow';
import type { Field } from '../../src/broker/fields';
import { manifestOf, manifests } from '../../src/broker/registry';
import { checkSettings } from '../../src/broker/settings';
import type { BrokerManifest } from '../../src/broker/types';
import type { ChosenBroker } from './defaultConnection';

export const CREDENTIAL_NAME = 'eventBusApi';

const BROKER = 'broker';

/** The Broker choice, then the fields of that broker only. */
export function credentialProperties(brokers: readonly BrokerManifest[] = manifests): INodeProperties[] {
	return [brokerChoice(brokers), ...brokers.flatMap(fieldsOf)];
}

/**
 * The broker a saved credential stands for.
 *
 * @throws EventBusError `settings`
 */
export function brokerOfCredential(data: Readonly<Record<string, unknown>>): ChosenBroker {
	const manifest = manifestOf(typeof data[BROKER] === 'string' ? data[BROKER] : '');
	const given = manifest.fields.flatMap((field) => {
		const value = data[propertyName(manifest, field)];
		return value === undefined || value === '' ? [] : [[field.name, value] as const];
	});
	return { manifest, settings: checkSettings(manifest, Object.fromEntries(given)) };
}

function brokerChoice(brokers: readonly BrokerManifest[]): INodeProperties {
	// eslint-disable-next-line n8n-nodes-base/node-param-default-missing -- the rule only sees literals
	return {
		displayName: 'Broker',
		name: BROKER,
		type: 'options',
		noDataExpression: true,
		options: brokers.map(({ kind, label }) => ({ name: label, value: kind })),
		default: brokers[0]?.kind ?? '',
		description: 'What carries the events',
	};
}

function fieldsOf(manifest: BrokerManifest): INodeProperties[] {
	const sections = new Set<string>();
	return manifest.fields.flatMap((field) => {
		const property = toProperty(manifest, field);
		if (field.section === '' || sections.has(field.section)) return [property];
		sections.add(field.section);
		return [heading(manifest, field.section), property];
	});
}

function heading(manifest: BrokerManifest, section: string): INodeProperties {
	return {
		displayName: section,
		name: `${camelCase(manifest.kind)}${pascalCase(section)}Section`,
		type: 'notice',
		default: '',
		displayOptions: { show: { [BROKER]: [manifest.kind] } },
	};
}

function toProperty(manifest: BrokerManifest, field: Field): INodeProperties {
	return {
		displayName: field.unit ? `${field.label} (${field.unit})` : field.label,
		name: propertyName(manifest, field),
		...control(field),
		default: field.default,
		description: field.help,
		...(field.placeholder === undefined ? {} : { placeholder: field.placeholder }),
		...(field.required ? { required: true } : {}),
		displayOptions: { show: { [BROKER]: [manifest.kind], ...condition(manifest, field) } },
	};
}

function control(field: Field): Pick<INodeProperties, 'type' | 'typeOptions' | 'options'> {
	switch (field.type) {
		case 'text':
			return { type: 'string', ...(field.secret ? { typeOptions: { password: true } } : {}) };
		case 'multiline':
			return { type: 'string', typeOptions: { rows: 4, ...(field.secret ? { password: true } : {}) } };
		case 'number':
			return { type: 'number' };
		case 'boolean':
			return { type: 'boolean' };
		case 'choice':
			return {
				type: 'options',
				options: (field.choices ?? []).map(({ value, label, help }) => ({
					name: label,
					value,
					...(help === undefined ? {} : { description: help }),
				})),
			};
	}
}

function condition(manifest: BrokerManifest, field: Field): Record<string, (string | number | boolean)[]> {
	if (!field.showWhen) return {};
	return { [camelCase(`${manifest.kind}-${field.showWhen.field}`)]: [...field.showWhen.in] };
}

/** Prefixed by the broker, because two brokers may both have a field `host`. */
function propertyName(manifest: BrokerManifest, field: Field): string {
	return camelCase(`${manifest.kind}-${field.name}`);
}

function camelCase(text: string): string {
	const pascal = pascalCase(text);
	return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

function pascalCase(text: string): string {
	return text
		.split(/[^A-Za-z0-9]+/)
		.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
		.join('');
}
