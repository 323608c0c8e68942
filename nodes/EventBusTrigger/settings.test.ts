import type { INodeProperties, INodePropertyCollection, ITriggerFunctions } from 'n8n-workflow';
import { defaultConsumerSettings } from '../../src/consumer/settings';
import { readTriggerSettings, type SettingsContext } from './settings';
import { triggerOptions } from '../shared/triggerOptions';

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

const minimal = { eventTypes: 'order.created' };

/** What the editor saves for an option that is added: its default, and for a group of fields theirs. */
function panelValue(option: INodeProperties): unknown {
	if (option.type !== 'fixedCollection') return option.default;
	const groups = (option.options ?? []) as INodePropertyCollection[];
	return Object.fromEntries(
		groups.map(({ name, values }) => [name, Object.fromEntries(values.map((field) => [field.name, field.default]))]),
	);
}

describe('the settings of the trigger', () => {
	it('are the defaults of the consumer', () => {
		expect(readTriggerSettings(context(minimal))).toEqual({
			connection: 'default',
			acknowledge: 'success',
			whenRunWaits: 'acknowledge',
			output: 'event',
			testWith: 'newest',
			consumer: {
				...defaultConsumerSettings,
				from: { kind: 'channel', channel: 'events' },
				types: ['order.created'],
				group: 'wf.node',
			},
		});
	});

	it('stay the defaults when every option is added and left alone', () => {
		const options = Object.fromEntries(triggerOptions.map((option) => [option.name, panelValue(option)]));
		const untouched = readTriggerSettings(context({ ...minimal, options }));
		expect(untouched).toEqual(readTriggerSettings(context(minimal)));
	});

	it.each<[string, Readonly<Record<string, unknown>>, object]>([
		['a list of types', { eventTypes: 'payment.*, order.created ,' }, { types: ['order.created', 'payment.*'] }],
		['a list from an expression', { eventTypes: ['a.b', 'a.c'] }, { types: ['a.b', 'a.c'] }],
		[
			'a channel chosen from the list',
			{ channel: { __rl: true, mode: 'list', value: 'orders' } },
			{ from: { channel: 'orders' } },
		],
		['a channel written by hand', { channel: 'orders' }, { from: { channel: 'orders' } }],
		['a named group', { group: ' billing ' }, { group: 'billing' }],
		['a batch', { options: { batchSize: 20 } }, { batch: { size: 20, waitMs: 500 } }],
		['no batch of one', { options: { batchSize: 1, batchWait: 9 } }, { batch: null }],
		[
			'all stored events',
			{ options: { startFrom: 'all' } },
			{ start: { at: 'committed', otherwise: { at: 'earliest' } } },
		],
		[
			'a start in the time zone of the workflow',
			{ options: { startFrom: 'time', startTime: '2026-02-27T10:30:00' } },
			{ start: { at: 'committed', otherwise: { at: 'time', time: Date.parse('2026-02-27T09:30:00Z') } } },
		],
		[
			'a backoff',
			{ options: { backoff: { delays: { initialSeconds: 2, factor: 3, maxMinutes: 1, jitterPercent: 50 } } } },
			{ retry: { maxAttempts: 5, backoff: { initialMs: 2000, factor: 3, maxMs: 60_000, jitter: 0.5 } } },
		],
		[
			'days and minutes',
			{ options: { deduplicateDays: 0.5, maxProcessingMinutes: 2 } },
			{ deduplicateMs: 43_200_000, maxProcessingMs: 120_000 },
		],
		['held keys', { options: { order: 'key', afterDeadLetter: 'hold' } }, { order: 'key', afterDeadLetter: 'hold' }],
		['no held keys without order', { options: { afterDeadLetter: 'hold' } }, { afterDeadLetter: 'continue' }],
		['no dead letters', { options: { deadLetter: false } }, { deadLetter: false }],
		[
			'an existing queue, beside which what is ours is made',
			{ options: { existing: 'legacy.q' } },
			{ from: { kind: 'existing', name: 'legacy.q' }, provision: 'create' },
		],
		[
			'the dead letters of a group',
			{ listenTo: 'deadLetters', deadLettersOf: 'billing', eventTypes: '' },
			{ from: { kind: 'dead-letters', of: { kind: 'channel', channel: 'events' }, group: 'billing' }, types: ['#'] },
		],
		[
			'the dead letters of all groups',
			{ listenTo: 'deadLetters', group: 'ignored' },
			{ from: { kind: 'dead-letters', group: null }, group: 'wf.node' },
		],
	])('take %s', (_name, parameters, expected) => {
		expect(readTriggerSettings(context({ ...minimal, ...parameters })).consumer).toMatchObject(expected);
	});

	it('check payloads by the schema', () => {
		const options = { payloadSchema: '{ "type": "object", "required": ["order_id"] }' };
		const { payloadCheck } = readTriggerSettings(context({ ...minimal, options })).consumer;
		expect(payloadCheck?.({ order_id: 'ord_1' })).toBeNull();
		expect(payloadCheck?.({})).toContain('order_id');
	});

	it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
		['no event types', { eventTypes: ' , ' }, /Event Types is empty/],
		['an invalid pattern', { eventTypes: 'order..x' }, /order\.\.x/],
		['an invalid channel', { channel: 'my channel' }, /name of a channel/],
		['an invalid group', { group: 'a/b' }, /consumer group/],
		['a number that is none', { options: { maxInFlight: 'many' } }, /Max In Flight is not a number/],
		['a start without its time', { options: { startFrom: 'time' } }, /Start Time is empty/],
		['a start that is no date', { options: { startFrom: 'time', startTime: 'soon' } }, /Start Time is not a date/],
		['a schema that is none', { options: { payloadSchema: '{ "type": "objekt" }' } }, /not a JSON Schema: \/type/],
		['a schema whose expression missed', { options: { payloadSchema: undefined } }, /Schema is no JSON Schema/],
		['an unknown choice', { acknowledge: 'never' }, /Acknowledge is "never"/],
	])('refuse %s', (_name, parameters, message) => {
		expect(() => readTriggerSettings(context({ ...minimal, ...parameters }))).toThrow(
			expect.objectContaining({ code: 'settings', message: expect.stringMatching(message) as string }),
		);
	});
});
