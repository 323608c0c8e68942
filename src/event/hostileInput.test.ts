// What a stranger may put into a channel to harm whoever reads it.
import { decodeMessage, type Origin } from './codec';

const origin: Origin = { broker: 'embedded', channel: 'events', cursor: '7', receivedAt: 0 };
const EVENT_BUS = 'application/vnd.event-bus+json;v=1';
const POISON = '{"polluted":true}';
const KEYS = ['__proto__', 'constructor', 'prototype', '\\u005f_proto__'];

function decode(body: string, headers: Record<string, string>) {
	return decodeMessage({ id: '', type: '', body: Buffer.from(body), headers }, origin);
}

afterEach(() => {
	expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
	expect(([] as { polluted?: unknown }).polluted).toBeUndefined();
	expect(Object.prototype).not.toHaveProperty('polluted');
});

describe.each(KEYS)('the key %s', (key) => {
	const ceAttributes = '"specversion":"1.0","id":"a","source":"s","type":"t"';
	const ceHeaders = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': 's', 'ce-type': 't' };
	const carried = (fields: string) => JSON.stringify(fields).slice(1, -1);

	it.each<[string, string, Record<string, string>]>([
		['at the top of an event', `{"event_type":"x","payload":1,"${key}":${POISON}}`, { 'content-type': EVENT_BUS }],
		['in a payload', `{"event_type":"x","payload":{"a":[{"${key}":${POISON}}]}}`, { 'content-type': EVENT_BUS }],
		['in metadata', `{"event_type":"x","payload":1,"metadata":{"${key}":${POISON}}}`, { 'content-type': EVENT_BUS }],
		['in an event known by shape', `{"event_type":"x","payload":{"${key}":${POISON}}}`, {}],
		['in foreign JSON', `{"${key}":${POISON}}`, {}],
		['in labelled foreign JSON', `[{"${key}":1}]`, { 'content-type': 'application/json' }],
		[
			'in the data of a CloudEvent',
			`{${ceAttributes},"data":{"${key}":${POISON}}}`,
			{ 'content-type': 'application/cloudevents+json' },
		],
		[
			'as an attribute of a CloudEvent',
			`{${ceAttributes},"${key}":${POISON}}`,
			{ 'content-type': 'application/cloudevents+json' },
		],
		[
			'in the fields that a CloudEvent carries',
			`{${ceAttributes},"eventbusfields":"${carried(`{"event":{"${key}":${POISON}}}`)}"}`,
			{},
		],
		[
			'in the metadata that a CloudEvent carries',
			`{${ceAttributes},"eventbusfields":"${carried(`{"metadata":{"${key}":${POISON}}}`)}"}`,
			{},
		],
		[
			'in the data of a binary CloudEvent',
			`{"${key}":${POISON}}`,
			{ ...ceHeaders, 'content-type': 'application/json' },
		],
	])('is refused %s', (_name, body, headers) => {
		expect(decode(body, headers)).toEqual({
			ok: false,
			reason: 'undecodable',
			error: expect.stringContaining('is a key that events may not have') as string,
		});
	});
});

it.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused as a header of a CloudEvent', (key) => {
	const headers = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': 's', 'ce-type': 't', [`ce-${key}`]: 'x' };
	expect(decode('1', headers)).toMatchObject({ ok: false, reason: 'undecodable' });
});

it.each(['toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])('the key %s is data like any other', (key) => {
	expect(decode(`{"${key}":1}`, {})).toMatchObject({ ok: true, event: { payload: { [key]: 1 } } });
});

it.each<[string, string]>([
	['lists', '['.repeat(500_000) + ']'.repeat(500_000)],
	['objects', '{"a":'.repeat(150_000) + '1' + '}'.repeat(150_000)],
	['lists without end', '['.repeat(1_000_000)],
])('half a million nested %s neither hang nor overflow', (_name, nested) => {
	for (const body of [
		nested,
		`{"event_type":"x","payload":${nested}}`,
		`{"specversion":"1.0","id":"a","source":"s","type":"t","data":${nested}}`,
	]) {
		expect(decode(body, {})).toMatchObject({ ok: false, reason: 'undecodable' });
		expect(decode(body, { 'content-type': EVENT_BUS })).toMatchObject({ ok: false, reason: 'undecodable' });
	}
});

it.each<[string, string]>([
	['many keys', `{${Array.from({ length: 90_000 }, (_, index) => `"k${index}":0`).join(',')}}`],
	['a number of a million digits', '9'.repeat(1_000_000)],
	['one key a hundred thousand times', `{${'"a":1,'.repeat(100_000)}"a":1}`],
	['a million blanks', ' '.repeat(1_000_000)],
])('%s become an event', (_name, body) => {
	expect(decode(body, {})).toMatchObject({ ok: true });
});

it('a number beyond all numbers is null, as JSON would write it', () => {
	expect(decode('{"n":1e999}', {})).toMatchObject({ ok: true, event: { payload: { n: null } } });
});

it.each<[string, Record<string, string>]>([
	['a content type of a megabyte', { 'content-type': `a/${'b;'.repeat(500_000)}` }],
	['a content type of blanks', { 'content-type': ' '.repeat(500_000) }],
	[
		'a header of broken escapes',
		{ 'ce-specversion': '1.0', 'ce-id': '%'.repeat(500_000), 'ce-source': 's', 'ce-type': 't' },
	],
	[
		'a source of half escapes',
		{ 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': `${'a:'.repeat(200)}%`, 'ce-type': 't' },
	],
])('%s neither throws nor hangs', (_name, headers) => {
	expect(typeof decode('1', headers).ok).toBe('boolean');
});

it('fields that a CloudEvent carries cannot replace its attributes', () => {
	const fields = JSON.stringify({
		event: { event_id: 'evt_forged', source: 'forged', payload: 'forged', metadata: { hops: 0 } },
		metadata: { hops: 0, correlation_id: 'forged' },
	});
	const decoded = decode(
		JSON.stringify({
			specversion: '1.0',
			id: 'a',
			source: 's',
			type: 't',
			n8nhop: 16,
			correlationid: 'c',
			data: 1,
			eventbusfields: fields,
		}),
		{},
	);
	expect(decoded).toMatchObject({
		ok: true,
		event: { event_id: 'a', source: 's', payload: 1, metadata: { hops: 16, correlation_id: 'c' } },
	});
});
