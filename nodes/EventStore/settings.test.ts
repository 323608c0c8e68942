import type { IExecuteFunctions } from 'n8n-workflow';
import {
	readBusConnection,
	readExpectedVersion,
	readLogSettings,
	readRange,
	readStateSettings,
	readStream,
	type SettingsContext,
} from './settings';
import { readReset, readSubscription } from './subscriptionSettings';

type Parameters = Readonly<Record<string, unknown>>;

/** n8n's reading of parameters, for a node whose expressions are resolved. */
function context(parameters: Parameters): SettingsContext {
	const getNodeParameter = (name: string, _item: number, otherwise: unknown) =>
		name in parameters ? parameters[name] : otherwise;
	return {
		getNodeParameter: getNodeParameter as IExecuteFunctions['getNodeParameter'],
		getTimezone: () => 'Europe/Berlin',
	};
}

const refused = (message: string | RegExp): Error =>
	expect.objectContaining({ code: 'settings', message: expect.stringMatching(message) as string }) as Error;

describe('a stream', () => {
	it.each([
		['from the panel', { __rl: true, mode: 'list', value: ' order-1 ' }, 'order-1'],
		['from a plain name', 'order-1', 'order-1'],
		['from a number', { __rl: true, mode: 'name', value: 17 }, '17'],
	])('%s is its name', (_name, stream, expected) => expect(readStream(context({ stream }), 0)).toBe(expected));

	it.each(['', 'order-', 'order-undefined', 'order-null', 'order-[object Object]', 'undefined'])(
		'is refused when the expression gave %j',
		(value) => expect(() => readStream(context({ stream: { value } }), 0)).toThrow(refused(/Stream/)),
	);

	it('may end with a word that contains undefined', () => {
		expect(readStream(context({ stream: 'isundefined' }), 0)).toBe('isundefined');
	});
});

describe('the expected version', () => {
	it.each<[string, Parameters, unknown]>([
		['is any at first', {}, 'any'],
		['may be none', { expectedVersion: 'noStream' }, 'no-stream'],
		['may be any that exists', { expectedVersion: 'exists' }, 'exists'],
		['may be exact', { expectedVersion: 'exact', exactVersion: 3 }, 3],
		['may be exact as text', { expectedVersion: 'exact', exactVersion: '3' }, 3],
		['may be 0', { expectedVersion: 'exact', exactVersion: 0 }, 0],
	])('%s', (_name, parameters, expected) => {
		expect(readExpectedVersion(context(parameters), 0)).toBe(expected);
	});

	it.each([undefined, '', null, -1, 1.5, 'two', {}])('is refused as exactly %j', (exactVersion) => {
		const parameters = { expectedVersion: 'exact', exactVersion };
		expect(() => readExpectedVersion(context(parameters), 0)).toThrow(refused(/^Version/));
	});
});

describe('what is read', () => {
	it.each<[string, Parameters, object]>([
		['is 50 events from the begin', {}, { backwards: false, limit: 50 }],
		['may be all', { returnAll: true, limit: 5 }, { backwards: false }],
		[
			'may go backwards from a version',
			{ direction: 'backwards', fromVersion: 7, limit: 1 },
			{ backwards: true, from: 7, limit: 1 },
		],
	])('of a stream %s', (_name, parameters, expected) => {
		expect(readRange(context(parameters), 0)).toEqual(expected);
	});

	it('of the log is what the filters say', () => {
		const filters = { stream: 'order-1', category: 'order', correlationId: 'corr_1' };
		expect(readLogSettings(context({ afterPosition: 7, eventTypes: 'order.*, a', filters, limit: 3 }), 0)).toEqual({
			after: 7,
			filter: { types: ['a', 'order.*'], ...filters },
			limit: 3,
		});
		expect(readLogSettings(context({ filters: { stream: '' } }), 0)).toEqual({ after: 0, filter: {}, limit: 50 });
	});
});

describe('the rules of a state', () => {
	const read = (parameters: Parameters) => readStateSettings(context(parameters), 0);
	const row = (changes: Parameters) => ({ rules: { rule: [{ eventTypes: 'a', ...changes }] } });

	it('are those of the panel', () => {
		const set = '{ "status": "paid", "paid_at": "$.occurred_at" }';
		const { rules, asOf, tellsEventsRead } = read({
			...row({ mergePayload: true, set, options: { increment: { n: 1 }, remove: 'x, y.z' } }),
			keepHistory: false,
			options: { initialState: { a: 1 } },
		});
		expect(rules).toMatchObject({ initial: { a: 1 }, keepHistory: false });
		expect(rules.rules).toMatchObject([
			{
				mergePayload: true,
				set: [
					{ path: ['status'], value: { kind: 'value', value: 'paid' } },
					{ path: ['paid_at'], value: { kind: 'event', path: ['occurred_at'] } },
				],
				increment: [{ path: ['n'], amount: { kind: 'value', value: 1 } }],
				remove: [['x'], ['y', 'z']],
			},
		]);
		expect([asOf, tellsEventsRead]).toEqual([{}, false]);
	});

	it('begin with a new order', () => expect(read({}).rules.initial).toEqual({ status: 'new' }));

	it.each<[string, Parameters, object]>([
		['a version', { asOf: 'version', asOfVersion: 2 }, { version: 2 }],
		[
			'a time of the workflow',
			{ asOf: 'time', asOfTime: '2026-02-27T10:30:00' },
			{ time: Date.parse('2026-02-27T09:30:00Z') },
		],
	])('may stop at %s', (_name, parameters, expected) => expect(read(parameters).asOf).toEqual(expected));

	it.each<[string, Parameters, RegExp]>([
		['a row without types', row({ eventTypes: ' ' }), /Rule 1 names no event types/],
		['values that are no JSON', row({ set: '{ status' }), /Set of rule 1 is not JSON/],
		['values that are a list', row({ set: '[1]' }), /Set of rule 1 is not a JSON object/],
		['a path to the prototype', row({ set: '{ "__proto__.admin": true }' }), /contains __proto__/],
		['a path to the constructor', row({ options: { remove: 'constructor.x' } }), /contains constructor/],
		['an amount that is no number', row({ options: { increment: '{ "n": "many" }' } }), /is no number/],
		['an initial state that is a text', { options: { initialState: '"new"' } }, /initial state is not a JSON object/],
		['a time that is empty', { asOf: 'time', asOfTime: '' }, /Time is empty/],
	])('are refused with %s', (_name, parameters, message) => {
		expect(() => read(parameters)).toThrow(refused(message));
	});
});

describe('also publishing', () => {
	it.each([
		[{}, null],
		[{ alsoPublish: true }, 'default'],
		[{ alsoPublish: true, busConnection: 'credential' }, 'credential'],
		[{ alsoPublish: false, busConnection: 'credential' }, null],
	])('with %j goes to %j', (parameters, expected) => expect(readBusConnection(context(parameters))).toBe(expected));
});

describe('a reset', () => {
	it.each<[string, Parameters, object]>([
		['begins at the beginning', {}, { from: { at: 'beginning' }, models: [] }],
		[
			'may begin at a position',
			{ resetTo: 'position', resetPosition: 9 },
			{ from: { at: 'position', position: 9 }, models: [] },
		],
		[
			'empties read models',
			{ clearReadModels: 'orders, customers' },
			{ from: { at: 'beginning' }, models: ['orders', 'customers'] },
		],
	])('%s', (_name, parameters, expected) => expect(readReset(context(parameters), 0)).toEqual(expected));

	it('needs a subscription', () => {
		expect(() => readSubscription(context({}), 0)).toThrow(refused('Subscription is empty'));
	});
});
