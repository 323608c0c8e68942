/**
 * What is said where: channels by their name, and existing ones by a pattern as well.
 */
import type { Address, SubscribeOptions } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';

export interface Listening {
	readonly to: 'channel' | 'pattern';
	readonly name: string;
}

/** @throws EventBusError `unsupported` */
export function listeningTo(from: SubscribeOptions['from']): Listening {
	if (from.kind === 'dead-letters') throw keepsNothing();
	if (from.kind === 'channel') return { to: 'channel', name: from.channel };
	return { to: isPattern(from.name) ? 'pattern' : 'channel', name: from.name };
}

/** @throws EventBusError `unsupported` | `settings` */
export function channelOf(to: Extract<Address, { kind: 'channel' | 'existing' | 'group' }>): string {
	if (to.kind === 'group') throw keepsNothing();
	if (to.kind === 'channel') return to.channel;
	if (!isPattern(to.name)) return to.name;
	throw new EventBusError('settings', `"${to.name}" is a pattern, and an event is published to one channel`, {
		hint: 'Name the channel',
	});
}

/** As PSUBSCRIBE reads it: * ? [ are special, and after a backslash they are not. */
export function isPattern(name: string): boolean {
	return /[*?[]/.test(name.replace(/\\./gs, ''));
}

export function keepsNothing(): EventBusError {
	return new EventBusError('unsupported', 'Redis Pub/Sub keeps no events, and so no dead letters', {
		hint: 'Use Redis Streams, on the same server if you like, where events must not be lost',
	});
}
