/**
 * Every parameter of the trigger, read, defaulted and narrowed once.
 */
import type { ITriggerFunctions } from 'n8n-workflow';
import type { Source } from '../../src/broker/types';
import { checkName } from '../../src/broker/names';
import { defaultConsumerSettings as defaults } from '../../src/consumer/settings';
import { checkTypePatterns } from '../../src/event/typePattern';
import { EventBusError } from '../../src/kernel/errors';
import { consumerOptions, runOptions } from '../shared/consumerOptions';
import { DEFAULT_CHANNEL } from '../shared/channelLocator';
import { locatedName } from '../shared/locator';
import { defaultGroup } from '../shared/defaultGroup';
import { choice, collection, list, text } from '../shared/parameters';
import type { RunSettings } from '../shared/runSettings';

export interface TriggerSettings extends RunSettings {
	readonly connection: 'default' | 'credential';
}

export type SettingsContext = Pick<ITriggerFunctions, 'getNodeParameter' | 'getNode' | 'getWorkflow' | 'getTimezone'>;

type Options = Readonly<Record<string, unknown>>;

/** @throws EventBusError `settings` */
export function readTriggerSettings(context: SettingsContext): TriggerSettings {
	const read = (name: string, otherwise: string): unknown => context.getNodeParameter(name, otherwise);
	const options = collection(context.getNodeParameter('options', {}));
	const listenTo = choice('Listen To', read('listenTo', 'events'), ['events', 'deadLetters']);
	const listensToDeadLetters = listenTo === 'deadLetters';
	const source = sourceOf(context, options);
	return {
		connection: choice('Connection', read('connection', 'default'), ['default', 'credential']),
		...runOptions(read('acknowledge', 'success'), options),
		consumer: {
			...defaults,
			...consumerOptions(options, context.getTimezone()),
			from: listensToDeadLetters
				? { kind: 'dead-letters', of: source, group: text(read('deadLettersOf', '')) || null }
				: source,
			types: typesOf(read('eventTypes', ''), listensToDeadLetters),
			group: groupOf(context, listensToDeadLetters),
		},
	};
}

function sourceOf(context: SettingsContext, options: Options): Source {
	const existing = text(options.existing);
	if (existing !== '') return { kind: 'existing', name: existing };
	const channel = locatedName(context.getNodeParameter('channel', DEFAULT_CHANNEL));
	return { kind: 'channel', channel: checkName('channel', channel) };
}

function typesOf(value: unknown, listensToDeadLetters: boolean): readonly string[] {
	const given = list(value);
	if (given.length > 0) return checkTypePatterns(given);
	if (listensToDeadLetters) return ['#'];
	throw new EventBusError('settings', 'Event Types is empty', {
		hint: 'Name the event types that shall start this workflow, such as order.created, or # for all of them',
	});
}

function groupOf(context: SettingsContext, listensToDeadLetters: boolean): string {
	const own = defaultGroup(context.getWorkflow().id, context.getNode().id);
	if (listensToDeadLetters) return own;
	const given = text(context.getNodeParameter('group', ''));
	return given === '' ? own : checkName('consumer group', given);
}
