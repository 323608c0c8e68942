/**
 * Every parameter of the Event Store Trigger, read, defaulted and narrowed once.
 */
import type { ITriggerFunctions } from 'n8n-workflow';
import { checkName } from '../../src/broker/names';
import { defaultConsumerSettings as defaults } from '../../src/consumer/settings';
import type { ConsumerSettings } from '../../src/consumer/types';
import { checkTypePatterns } from '../../src/event/typePattern';
import { checkStreamName } from '../../src/store/names';
import type { LogReading } from '../shared/consumerHost';
import { consumerOptions, runOptions } from '../shared/consumerOptions';
import { defaultGroup } from '../shared/defaultGroup';
import { locatedName } from '../shared/locator';
import { choice, collection, list, requiredText, text } from '../shared/parameters';
import type { RunSettings } from '../shared/runSettings';

export interface StoreTriggerSettings extends RunSettings {
	readonly connection: 'default' | 'credential';
	readonly reading: LogReading;
}

export type SettingsContext = Pick<ITriggerFunctions, 'getNodeParameter' | 'getNode' | 'getWorkflow' | 'getTimezone'>;

/** What the log is called where a broker has a channel. */
const LOG = 'log';

/** @throws EventBusError `settings` */
export function readStoreTriggerSettings(context: SettingsContext): StoreTriggerSettings {
	const read = (name: string, otherwise: string): unknown => context.getNodeParameter(name, otherwise);
	const options = collection(context.getNodeParameter('options', {}));
	const order = choice('Order', options.order ?? 'stream', ['none', 'stream', 'log']);
	const types = list(read('eventTypes', '#'));
	return {
		connection: choice('Connection', read('connection', 'default'), ['default', 'credential']),
		...runOptions(read('acknowledge', 'success'), options),
		reading: { filter: filterOf(read), lanes: order === 'log' ? 'log' : 'stream' },
		consumer: {
			...defaults,
			...consumerOptions({ ...options, order: orderOf(order) }, context.getTimezone(), 'all'),
			from: { kind: 'channel', channel: LOG },
			types: types.length === 0 ? ['#'] : checkTypePatterns(types),
			group: subscriptionOf(context, read),
		},
	};
}

function filterOf(read: (name: string, otherwise: string) => unknown): LogReading['filter'] {
	switch (choice('Read', read('read', 'all'), ['all', 'category', 'stream'])) {
		case 'all':
			return {};
		case 'category':
			return { category: requiredText('Category', read('category', '')) };
		case 'stream':
			return { stream: checkStreamName(locatedName(read('stream', ''))) };
	}
}

/** The consumer knows lanes only; what a lane is, the reading says. */
function orderOf(order: 'none' | 'stream' | 'log'): ConsumerSettings['order'] {
	return order === 'none' ? 'none' : 'key';
}

function subscriptionOf(context: SettingsContext, read: (name: string, otherwise: string) => unknown): string {
	const given = text(read('subscription', ''));
	if (given !== '') return checkName('subscription', given);
	return defaultGroup(context.getWorkflow().id, context.getNode().id);
}
