import type { INodeProperties, INodePropertyCollection, ITriggerFunctions } from 'n8n-workflow';
import { defaultConsumerSettings } from '../../src/consumer/settings';
import { properties } from './properties';
import { readStoreTriggerSettings, type SettingsContext } from './settings';

/** n8n's reading of parameters, for a node whose expressions are resolved. */
function context(parameters: Readonly<Record<string, unknown>>): SettingsContext {
	const getNodeParameter = (name: string, otherwise: unknown) => parameters[name] ?? otherwise;
	return {
		getNodeParameter: getNodeParameter as ITriggerFunctions['getNodeParameter'],
		getNode: () => ({ id: 'node', name: 'T', type: 't', typeVersion: 1, position: [0, 0], parameters: {} }),
		getWorkflow: () => ({ id: 'wf', name: 'Orders', active: true }),
		getTimezone: () => 'Europe/Berlin',
	};
}

/** What the editor saves for an option that is added: its default, and for a group of fields theirs. */
function panelValue(option: INodeProperties): unknown {
	if (option.type !== 'fixedCollection') return option.default;
	const groups = (option.options ?? []) as INodePropertyCollection[];
	return Object.fromEntries(
		groups.map(({ name, values }) => [name, Object.fromEntries(values.map((field) => [field.name, field.default]))]),
	);
}

describe('the settings of the trigger', () => {
	it('read everything from the beginning, each stream in order', () => {
		expect(readStoreTriggerSettings(context({}))).toEqual({
			connection: 'default',
			acknowledge: 'success',
			whenRunWaits: 'acknowledge',
			output: 'event',
			testWith: 'newest',
			reading: { filter: {}, lanes: 'stream' },
			consumer: {
				...defaultConsumerSettings,
				from: { kind: 'channel', channel: 'log' },
				types: ['#'],
				group: 'wf.node',
				order: 'key',
				start: { at: 'committed', otherwise: { at: 'earliest' } },
			},
		});
	});

	it('stay the defaults when every option is added and left alone', () => {
		const added = properties.find(({ name }) => name === 'options')?.options as INodeProperties[];
		const options = Object.fromEntries(added.map((option) => [option.name, panelValue(option)]));
		expect(readStoreTriggerSettings(context({ options }))).toEqual(readStoreTriggerSettings(context({})));
	});

	it.each<[string, Readonly<Record<string, unknown>>, object]>([
		['a category', { read: 'category', category: ' order ' }, { reading: { filter: { category: 'order' } } }],
		[
			'a stream chosen from the list',
			{ read: 'stream', stream: { __rl: true, mode: 'list', value: 'order-1' } },
			{ reading: { filter: { stream: 'order-1' } } },
		],
		[
			'the whole log in order',
			{ options: { order: 'log' } },
			{ reading: { lanes: 'log' }, consumer: { order: 'key' } },
		],
		['no order', { options: { order: 'none' } }, { consumer: { order: 'none' } }],
		['a named subscription', { subscription: ' orders ' }, { consumer: { group: 'orders' } }],
		['new events only', { options: { startFrom: 'new' } }, { consumer: { start: { otherwise: { at: 'latest' } } } }],
	])('take %s', (_name, parameters, expected) => {
		expect(readStoreTriggerSettings(context(parameters))).toMatchObject(expected);
	});

	it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
		['an empty category', { read: 'category' }, /Category is empty/],
		['an empty stream', { read: 'stream' }, /stream is empty/],
		['a pattern with a half word', { eventTypes: 'ord*' }, /wildcard inside/],
	])('refuse %s', (_name, parameters, message) => {
		expect(() => readStoreTriggerSettings(context(parameters))).toThrow(message);
	});
});
