import type { IExecuteFunctions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { OPERATIONS } from './operations';
import { properties } from './properties';
import { DEFAULTS, MOST_EVENTS, OPERATION_NAMES, readMap, readOperation, readSearch, readTrail } from './settings';

type Parameters = Readonly<Record<string, unknown>>;

/** n8n's reading of parameters, for a node whose expressions are resolved. */
function context(parameters: Parameters): Pick<IExecuteFunctions, 'getNodeParameter' | 'getTimezone'> {
	const getNodeParameter = (name: string, _item: number, otherwise: unknown) =>
		name in parameters ? parameters[name] : otherwise;
	return {
		getNodeParameter: getNodeParameter as IExecuteFunctions['getNodeParameter'],
		getTimezone: () => 'Europe/Berlin',
	};
}

const refused = (message: string): Error =>
	expect.objectContaining({ code: 'settings', message: expect.stringContaining(message) as string }) as Error;

describe('a trail', () => {
	const read = (parameters: Parameters) => readTrail(context({ correlationId: 'corr_1', ...parameters }), 0);

	it.each<[string, Parameters, object]>([
		['is items at first', {}, { correlationId: 'corr_1', as: 'items', limit: 1000, title: 'Event trail' }],
		['is what was chosen', { trailAs: 'mermaid' }, { as: 'mermaid' }],
		['has its own title', { options: { title: ' Order 17 ' } }, { title: 'Order 17' }],
		['has at least one event', { options: { maxEvents: 0 } }, { limit: 1 }],
		['has no more events than a page can show', { options: { maxEvents: 1e9 } }, { limit: MOST_EVENTS }],
		['may be of a number', { correlationId: 17 }, { correlationId: '17' }],
	])('%s', (_name, parameters, expected) => expect(read(parameters)).toMatchObject(expected));

	it.each<[Parameters, string]>([
		[{ correlationId: undefined }, 'Correlation ID is empty'],
		[{ correlationId: '  ' }, 'Correlation ID is empty'],
		[{ trailAs: 'asyncapi' }, 'Give It As is "asyncapi"'],
		[{ options: { maxEvents: 1.5 } }, 'Max Events is 1.5'],
		[{ options: { maxEvents: 'many' } }, 'Max Events is not a number'],
	])('is refused with %j', (parameters, message) => expect(() => read(parameters)).toThrow(refused(message)));
});

describe('a map', () => {
	const read = (parameters: Parameters) => readMap(context(parameters), 0);

	it.each<[string, Parameters, object]>([
		['is a page of a day at first', {}, { as: 'html', lastMs: 86_400_000, channel: null, title: 'Flow map' }],
		['is of half an hour', { lastHours: '0.5' }, { lastMs: 1_800_000 }],
		['is of a day when nothing is said', { lastHours: '' }, { lastMs: 86_400_000 }],
		['is of one channel', { options: { channel: 'orders' } }, { channel: 'orders' }],
		['is what was chosen', { mapAs: 'asyncapi', options: { title: 'Shop' } }, { as: 'asyncapi', title: 'Shop' }],
	])('%s', (_name, parameters, expected) => expect(read(parameters)).toMatchObject(expected));

	it.each<[Parameters, string]>([
		[{ lastHours: 0 }, 'Last Hours is 0'],
		[{ lastHours: -1 }, 'Last Hours is -1'],
		[{ lastHours: 'week' }, 'Last Hours is not a number'],
		[{ mapAs: 'tree' }, 'Give It As is "tree"'],
	])('is refused with %j', (parameters, message) => expect(() => read(parameters)).toThrow(refused(message)));
});

describe('a search', () => {
	const read = (parameters: Parameters) => readSearch(context(parameters), 0);
	const filter = (options: Parameters) => read({ options }).filter;

	it('is for the newest 50 events at first', () => expect(read({})).toEqual({ filter: { types: ['#'] }, limit: 50 }));

	it.each<[string, Parameters, object]>([
		['types', { eventTypes: 'order.*, payment.declined' }, { types: ['order.*', 'payment.declined'] }],
		['every type when none is left', { eventTypes: ' , ' }, { types: ['#'] }],
		[
			'a source and a channel',
			{ options: { source: 'shop', channel: 'events' } },
			{ source: 'shop', channel: 'events' },
		],
		['dead letters', { options: { outcome: 'dead-letter' } }, { outcome: 'dead-letter' }],
		['anything', { options: { outcome: '', source: '', from: '', payloadField: '' } }, { types: ['#'] }],
		[
			'a time, in the time zone of the workflow unless it says one',
			{ options: { from: '2026-02-27T10:00:00', to: '2026-02-27T10:00:00Z' } },
			{ from: Date.parse('2026-02-27T09:00:00Z'), to: Date.parse('2026-02-27T10:00:00Z') },
		],
	])('is for %s', (_name, parameters, expected) => expect(read(parameters).filter).toMatchObject(expected));

	it.each<[unknown, unknown]>([
		['ord_1', 'ord_1'],
		['12', 12],
		[12, 12],
		['"12"', '12'],
		['true', true],
		[false, false],
		['null', null],
		['""', ''],
		['{"a":1}', '{"a":1}'],
		['[1', '[1'],
	])('takes %j in the payload for %j', (payloadEquals, equals) => {
		expect(filter({ payloadField: 'a.b', payloadEquals })).toMatchObject({ payload: { path: 'a.b', equals } });
	});

	it.each<[Parameters, string]>([
		[{ from: 'yesterday' }, 'From is not a date'],
		[{ to: {} }, 'To is not a date'],
		[{ payloadEquals: 'ord_1' }, 'Payload Equals says a value, and Payload Field no field'],
		[{ payloadField: 'order_id' }, 'Payload Field is order_id, and Payload Equals says no value'],
		[{ outcome: 'published' }, 'What Became of It is "published"'],
	])('is refused with %j', (options, message) => expect(() => filter(options)).toThrow(refused(message)));

	it('has a limit', () => {
		expect(read({ limit: 3 }).limit).toBe(3);
		expect(() => read({ limit: -1 })).toThrow(refused('Limit is -1'));
	});
});

describe('the panel', () => {
	const members = properties.flatMap((property) => [property, ...((property.options ?? []) as INodeProperties[])]);
	const offered = (name: string, of: readonly INodeProperties[] = properties) =>
		of.filter((property) => property.name === name).flatMap(({ options }) => options as INodePropertyOptions[]);

	it.each(Object.entries(DEFAULTS))('shows %s as it is when nothing is chosen', (name, value) => {
		expect(members.find((member) => member.name === name)?.default).toBe(value);
	});

	it('shows the titles as they are when nothing is chosen', () => {
		const titles = members.filter(({ name }) => name === 'title').map((member) => member.default);
		expect(titles).toEqual([readTrail(context({ correlationId: 'corr_1' }), 0).title, readMap(context({}), 0).title]);
	});

	it('offers what the node can do, and nothing else', () => {
		expect(offered('operation').map(({ value }) => value)).toEqual([...OPERATION_NAMES].sort());
		expect(Object.keys(OPERATIONS).sort()).toEqual([...OPERATION_NAMES].sort());
		for (const { value } of offered('operation')) expect(readOperation(context({ operation: value }))).toBe(value);
		expect(() => readOperation(context({ operation: 'delete' }))).toThrow(refused('Operation is "delete"'));
	});

	it('offers only forms that are understood', () => {
		for (const { value } of offered('trailAs')) {
			expect(readTrail(context({ correlationId: 'corr_1', trailAs: value }), 0).as).toBe(value);
		}
		for (const { value } of offered('mapAs')) expect(readMap(context({ mapAs: value }), 0).as).toBe(value);
		for (const { value } of offered('outcome', members)) {
			expect(readSearch(context({ options: { outcome: value } }), 0).filter.outcome ?? '').toBe(value);
		}
	});
});
