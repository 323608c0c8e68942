/**
 * The Channel parameter.
 */
import { locator } from './locator';

export const DEFAULT_CHANNEL = 'events';

export const channelLocator = locator({
	displayName: 'Channel',
	name: 'channel',
	default: DEFAULT_CHANNEL,
	description:
		'What events travel through. All events of a system may share one channel: who reads chooses by event type.',
	placeholder: 'e.g. events',
	searchListMethod: 'searchChannels',
});
