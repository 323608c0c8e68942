/**
 * The credentials, both ways: the form that n8n shows, made from the field lists of brokers or stores, and the settings
 * of the chosen one, read back from what the form saved. None of them is named here.
 */
import type { INodeProperties } from 'n8n-workflow';
import type { Field } from '../../src/broker/fields';
import { type ChosenBroker, manifestOf, manifests } from '../../src/broker/registry';
import { checkSettings } from '../../src/broker/settings';
import type { BrokerManifest, Manifest, Native } from '../../src/broker/types';
import { type ChosenStore, storeManifestOf, storeManifests } from '../../src/store/stores';
import { brokerTitle } from './brokerTitle';

export const CREDENTIAL_NAME = 'eventBusApi';
export const STORE_CREDENTIAL_NAME = 'eventStoreApi';

type AnyManifest = Omit<Manifest<unknown>, 'open' | 'fromUrl'>;

/** The first field of a form: what the others belong to. */
interface Choice {
	readonly label: string;
	/** Key in the saved credential. */
	readonly name: string;
	readonly description: string;
}

const BROKER: Choice = { label: 'Broker', name: 'broker', description: 'What carries the events' };
const STORE: Choice = { label: 'Store', name: 'store', description: 'What keeps the events' };

/** The Broker choice, then the fields of that broker only. */
export function credentialProperties(brokers: readonly BrokerManifest[] = manifests): INodeProperties[] {
	return formOf(BROKER, brokers, brokerTitle);
}

/** The same for event stores. */
export function storeCredentialProperties(): INodeProperties[] {
	return formOf(STORE, storeManifests, ({ label }) => label);
}

/**
 * The broker a saved credential stands for. What was left empty is the default: a form saves texts.
 *
 * @throws EventBusError `settings`
 */
export function brokerOfCredential(data: Readonly<Record<string, unknown>>, brokers = manifests): ChosenBroker {
	const manifest = manifestOf(chosenKind(BROKER, data), brokers);
	return { manifest, settings: savedSettings(manifest, data) };
}

/** @throws EventBusError `settings` */
export function storeOfCredential(data: Readonly<Record<string, unknown>>): ChosenStore {
	const manifest = storeManifestOf(chosenKind(STORE, data));
	return { manifest, settings: savedSettings(manifest, data) };
}

function chosenKind({ name }: Choice, data: Readonly<Record<string, unknown>>): string {
	const kind = data[name];
	return typeof kind === 'string' ? kind : '';
}

function savedSettings(manifest: AnyManifest, data: Readonly<Record<string, unknown>>): Native {
	const given = manifest.fields.flatMap((field) => {
		const value = data[propertyName(manifest, field)];
		return value === undefined || value === '' ? [] : [[field.name, value] as const];
	});
	return checkSettings(manifest, Object.fromEntries(given));
}

function formOf<M extends AnyManifest>(
	choice: Choice,
	known: readonly M[],
	title: (manifest: M) => string,
): INodeProperties[] {
	// eslint-disable-next-line n8n-nodes-base/node-param-default-missing -- the rule only sees literals
	const first: INodeProperties = {
		displayName: choice.label,
		name: choice.name,
		type: 'options',
		noDataExpression: true,
		options: known.map((manifest) => ({
			name: title(manifest),
			value: manifest.kind,
			...(manifest.summary === undefined ? {} : { description: manifest.summary }),
		})),
		default: known[0]?.kind ?? '',
		description: choice.description,
	};
	return [first, ...known.flatMap((manifest) => fieldsOf(choice, manifest))];
}

/** Section by section; what most people leave as it is comes behind a switch. */
function fieldsOf(choice: Choice, manifest: AnyManifest): INodeProperties[] {
	const names = new Set(['', ...manifest.fields.map(({ section }) => section)]);
	return [...names].flatMap((section) => {
		const fields = manifest.fields.filter((field) => field.section === section);
		const folder = isFolded(section, fields, manifest.fields) ? switchOf(choice, manifest, section) : null;
		const properties = fields.map((field) => toProperty(choice, manifest, field, folder));
		return folder ? [folder, ...properties] : properties;
	});
}

/**
 * Not what must be filled in, nor what another choice brings up. A section whose first field decides whether the others
 * are there (Use TLS) has its switch already.
 */
function isFolded(section: string, fields: readonly Field[], all: readonly Field[]): boolean {
	if (section === '' || fields.some(({ required }) => required)) return false;
	if (fields.every(({ showWhen }) => showWhen !== undefined)) return false;
	const [first, ...others] = fields;
	return others.length === 0 || !others.every((field) => dependsOn(field, first, all));
}

function dependsOn({ showWhen }: Field, wanted: Field | undefined, all: readonly Field[]): boolean {
	const other = all.find(({ name }) => name === showWhen?.field);
	return other !== undefined && (other === wanted || dependsOn(other, wanted, all));
}

/** Only for the eye: what is set below it counts also while it is off. */
function switchOf(choice: Choice, { kind }: AnyManifest, section: string): INodeProperties {
	return {
		displayName: `Show ${section}`,
		name: camelCase(`${kind}-show ${section}`),
		type: 'boolean',
		default: false,
		description: 'Whether to look at these settings. They count also while they are not shown.',
		displayOptions: { show: { [choice.name]: [kind] } },
	};
}

function toProperty(
	choice: Choice,
	manifest: AnyManifest,
	field: Field,
	folder: INodeProperties | null,
): INodeProperties {
	return {
		displayName: field.unit ? `${field.label} (${field.unit})` : field.label,
		name: propertyName(manifest, field),
		...control(field),
		default: field.default,
		description: field.help,
		...(field.placeholder === undefined ? {} : { placeholder: field.placeholder }),
		...(field.required ? { required: true } : {}),
		displayOptions: { show: { ...condition(choice, manifest, field), ...(folder ? { [folder.name]: [true] } : {}) } },
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

type Condition = Record<string, (string | number | boolean)[]>;

/** With those of the field it depends on: n8n would show it although that one is hidden. */
function condition(choice: Choice, manifest: AnyManifest, { showWhen }: Field): Condition {
	if (!showWhen) return { [choice.name]: [manifest.kind] };
	const other = manifest.fields.find(({ name }) => name === showWhen.field);
	if (!other) return { [choice.name]: [manifest.kind] };
	return { ...condition(choice, manifest, other), [propertyName(manifest, other)]: [...showWhen.in] };
}

/** Prefixed by the broker, because two brokers may both have a field `host`. */
function propertyName({ kind }: AnyManifest, { name }: Field): string {
	return camelCase(`${kind}-${name}`);
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
