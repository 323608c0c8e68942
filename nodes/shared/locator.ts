/**
 * Parameters that name something: chosen from what exists, or written.
 */
import type { INodeProperties } from 'n8n-workflow';
import { text } from './parameters';

export interface LocatorTexts {
	readonly displayName: string;
	readonly name: string;
	readonly description: string;
	readonly placeholder: string;
	/** The method of the node that lists what exists. */
	readonly searchListMethod: string;
	/** Default: none. */
	readonly default?: string;
}

export function locator(texts: LocatorTexts): INodeProperties {
	const { displayName, name, description, placeholder, searchListMethod } = texts;

	return {
		displayName,
		name,
		type: 'resourceLocator',
		required: true,
		default: { mode: 'name', value: texts.default ?? '' },
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				// The default connection has no credential, and what is there can be listed all the same.
				typeOptions: { searchListMethod, searchable: true, skipCredentialsCheckInRLC: true },
			},
			{ displayName: 'Name', name: 'name', type: 'string', placeholder },
		],
	};
}

/** The value, however it was saved: by the editor, or as a plain name in a workflow written by hand. */
export function locatedName(value: unknown): string {
	return text(typeof value === 'object' && value !== null && 'value' in value ? value.value : value);
}
