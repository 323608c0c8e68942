/**
 * The Channel parameter.
 */
import { locator } from './locator';

export const DEFAULT_CHANNEL = 'events';

const texts = {
	displayName: 'Channel',
	name: 'channel',
	default: DEFAULT_CHANNEL,
	description:
		'What events travel through. All events of a system may share one channel: who reads chooses by event type.',
	placeholder: 'e.g. events',
} as const;

export const channelLocator = locator({ ...texts, searchListMethod: 'searchChannels' });

/** Of a node that has a store as its connection, and a bus besides. */
export const busChannelLocator = locator({ ...texts, searchListMethod: 'searchBusChannels' });
