/**
 * What things are called on Pulsar.
 *
 * Copies lie where Java's clients keep theirs: `<topic>-<group>-RETRY` and `<topic>-<group>-DLQ`. A group with a dash
 * could be misread there, so it is joined with two dots, which no channel and no group can hold.
 */
import { EventBusError } from '../../kernel/errors';

export interface Topic {
	readonly domain: 'persistent' | 'non-persistent';
	readonly tenant: string;
	readonly namespace: string;
	readonly name: string;
}

export type Place = Pick<Topic, 'tenant' | 'namespace'>;

const RETRY = '-RETRY';
const DEAD_LETTERS = '-DLQ';
/** Three dots: a group begins with none, a channel ends with none. */
const LISTENERS = '...DLQ';

/** Keeps dead letters until somebody removes them. */
export const KEEPER = 'event-bus';

/** @throws EventBusError `settings` for a name that copies have */
export function channelTopic(channel: string, { tenant, namespace }: Place): Topic {
	if (!isOfCopies(channel)) return { domain: 'persistent', tenant, namespace, name: channel };
	throw new EventBusError('settings', `"${channel}" cannot be the name of a channel on Pulsar`, {
		hint: `Names that end with ${RETRY} or ${DEAD_LETTERS} are those of retry copies and dead letters. Read such a topic as an existing one`,
	});
}

/** null: this topic is no channel, but holds copies, or belongs to Pulsar itself. */
export function channelOfTopic({ domain, name }: Topic): string | null {
	const isChannel = domain === 'persistent' && /^[A-Za-z0-9](?:\.?[A-Za-z0-9_-])*$/.test(name) && !isOfCopies(name);
	return isChannel ? name : null;
}

/**
 * A topic of somebody else: 'orders', 'acme/shop/orders', 'persistent://acme/shop/orders'.
 *
 * @throws EventBusError `settings`
 */
export function parseTopic(text: string, { tenant, namespace }: Place): Topic {
	const [, domain = 'persistent', rest = ''] = /^(?:(persistent|non-persistent):\/\/)?(.*)$/s.exec(text.trim()) ?? [];
	const [first = '', second = '', ...more] = rest.split('/');
	const isWhole = more.length > 0;
	const place = isWhole ? { tenant: first, namespace: second } : { tenant, namespace };
	const name = isWhole ? more.join('/') : first;
	const isDomain = domain === 'persistent' || domain === 'non-persistent';
	if (!isDomain || name === '' || place.tenant === '' || place.namespace === '' || (second !== '' && !isWhole)) {
		throw new EventBusError('settings', `"${text.slice(0, 80)}" is no topic of Pulsar`, {
			hint: 'Write orders, or persistent://tenant/namespace/orders',
		});
	}
	return { domain, ...place, name };
}

export function retryTopic(of: Topic, group: string): Topic {
	return beside(of, `${joined(of.name, group)}${RETRY}`);
}

export function deadLetterTopic(of: Topic, group: string): Topic {
	return beside(of, `${joined(of.name, group)}${DEAD_LETTERS}`);
}

/** Shows the dead letters of all groups to those who listen. Kept only while somebody does. */
export function listenersTopic(of: Topic): Topic {
	return beside(of, `${of.name}${LISTENERS}`);
}

/** null: this topic keeps no dead letters of that one. */
export function groupOfDeadLetterTopic(topic: Topic, of: Topic): string | null {
	const rest = topic.name.startsWith(of.name) ? topic.name.slice(of.name.length) : '';
	const [, join, group = ''] = /^(-|\.\.)([A-Za-z0-9_].*)-DLQ$/.exec(rest) ?? [];
	const isOurs = group !== '' && (join === '..') === group.includes('-') && !group.includes('..');
	return isOurs && topic.tenant === of.tenant && topic.namespace === of.namespace ? group : null;
}

/** Whether it holds retry copies or dead letters, of whatever topic. */
export function isOfCopies(name: string): boolean {
	return name.endsWith(RETRY) || name.endsWith(DEAD_LETTERS);
}

/** 'persistent://public/default/orders'. */
export function fullName({ domain, tenant, namespace, name }: Topic): string {
	return `${domain}://${tenant}/${namespace}/${name}`;
}

/** As it stands in the paths of the WebSocket service and the admin API. */
export function pathOf({ domain, tenant, namespace, name }: Topic): string {
	return [domain, tenant, namespace, name].map(encodeURIComponent).join('/');
}

/** Without the number of a partition. */
export function withoutPartition(topic: Topic): Topic {
	return { ...topic, name: topic.name.replace(/-partition-\d+$/, '') };
}

function joined(topic: string, group: string): string {
	return group.includes('-') ? `${topic}..${group}` : `${topic}-${group}`;
}

function beside({ tenant, namespace }: Topic, name: string): Topic {
	return { domain: 'persistent', tenant, namespace, name };
}
