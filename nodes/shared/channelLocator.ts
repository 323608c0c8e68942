/**
 * The Channel parameter: chosen from the channels that exist, or named.
 */
import type { INodeProperties } from 'n8n-workflow';

export const DEFAULT_CHANNEL = 'events';

export const channelLocator: INodeProperties = {
	displayName: 'Channel',
	name: 'channel',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'name', value: DEFAULT_CHANNEL },
	description:
		'What events travel through. All events of a system may share one channel: who reads chooses by event type.',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			// The default connection has no credential, and its channels can be listed all the same.
			typeOptions: { searchListMethod: 'searchChannels', searchable: true, skipCredentialsCheckInRLC: true },
		},
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			placeholder: 'e.g. events',
		},
	],
};

/** The value, however it was saved: by the editor, or as a plain name in a workflow written by hand. */
export function channelName(value: unknown): string {
	const given = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
	return typeof given === 'string' ? given.trim() : '';
}
