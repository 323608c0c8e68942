/**
 * Checks the values of a manifest's fields, wherever they come from: the credential, a URL, or a program.
 */
import { EventBusError } from '../kernel/errors';
import type { Field } from './fields';
import type { Manifest, Native } from './types';

/**
 * The values with the defaults filled in and texts from a URL turned into what their field is. Fields that are not
 * shown are left out: a form keeps what was typed before the choice changed.
 *
 * @throws EventBusError `settings`; secret values never stand in it
 */
export function checkSettings(manifest: Pick<Manifest<unknown>, 'fields' | 'label'>, values: Native): Native {
	const { fields, label } = manifest;
	const unknown = Object.keys(values).filter((name) => !fields.some((field) => field.name === name));
	if (unknown.length > 0) {
		throw new EventBusError('settings', `${label} has no setting ${unknown.map((name) => `"${name}"`).join(', ')}`, {
			hint: fields.length === 0 ? 'Leave it out' : `Known are: ${fields.map(({ name }) => name).join(', ')}`,
		});
	}
	const checked = new Map(fields.map((field) => [field.name, valueOf(field, values[field.name], label)] as const));
	const shown = fields.filter((field) => isShown(field, fields, checked));
	for (const field of shown) if (field.required && isEmpty(checked.get(field.name))) throw missing(field, label);
	return Object.fromEntries(shown.map(({ name }) => [name, checked.get(name)]));
}

function isShown(field: Field, fields: readonly Field[], values: ReadonlyMap<string, unknown>): boolean {
	const { showWhen } = field;
	if (!showWhen) return true;
	const other = fields.find(({ name }) => name === showWhen.field);
	const isOn = showWhen.in.some((value) => value === values.get(showWhen.field));
	return isOn && (other === undefined || isShown(other, fields, values));
}

function valueOf(field: Field, given: unknown, label: string): string | number | boolean {
	if (given === undefined || given === null) return field.default;
	switch (field.type) {
		case 'text':
		case 'multiline':
			if (typeof given === 'string') return given;
			throw wrong(field, given, label, 'a text');
		case 'number': {
			const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
			if (typeof number === 'number' && Number.isFinite(number)) return number;
			throw wrong(field, given, label, 'a number');
		}
		case 'boolean':
			if (given === true || given === 'true') return true;
			if (given === false || given === 'false') return false;
			throw wrong(field, given, label, 'true or false');
		case 'choice': {
			const values = (field.choices ?? []).map(({ value }) => value);
			if (typeof given === 'string' && values.includes(given)) return given;
			throw wrong(field, given, label, `one of: ${values.join(', ')}`);
		}
	}
}

function isEmpty(value: unknown): boolean {
	return typeof value === 'string' && value.trim() === '';
}

function missing(field: Field, label: string): EventBusError {
	return new EventBusError('settings', `${label} needs a value for ${field.label}`, { hint: field.help });
}

function wrong(field: Field, given: unknown, label: string, expected: string): EventBusError {
	const isShowable =
		!field.secret && (typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean');
	const shown = isShowable ? ` "${String(given).slice(0, 60)}"` : '';
	return new EventBusError('settings', `${label} cannot use${shown} as ${field.label}`, { hint: `Use ${expected}` });
}
