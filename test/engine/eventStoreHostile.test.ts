/**
 * What people and strangers put in: it is stored as data, or refused with a sentence, and nothing is half written.
 */
import type { INodeParameters } from 'n8n-workflow';
import { append, given, named, openStore, store, type Store } from './openStore';

let events: Store;

beforeAll(async () => {
	events = await openStore();
});
afterAll(async () => {
	await events.close();
});

it.each([
	"order-'; DROP TABLE event; -- 1",
	'order-../../etc/passwd',
	'__proto__',
	'заказ-1',
	'order-{{ 7 * 7 }}',
	'order-"quoted" <b>bold</b>',
	'%',
])('takes the stream name %j as it is', async (stream) => {
	await events.output(append(stream, 'order.created', {}));
	const read = await events.output(store('stream.read', { stream: named(stream) }));
	expect(read).toMatchObject([{ stored: { stream, version: 1 } }]);
	const [state] = await events.output(store('state.get', { stream: named(stream) }));
	expect(state).toMatchObject({ stream, version: 1 });
});

it.each<[string, string, RegExp]>([
	['nothing', '={{ "" }}', /Stream is empty/],
	['a line break', 'order-1\nX', /control character/],
	['half a character', 'order-\ud800', /half a character/],
	['a novel', 'x'.repeat(500), /longer than 400 bytes/],
	['an expression that missed', '=order-{{ $json.nothing }}', /came out as "order-/],
])('refuses a stream name that is %s', async (_name, stream, message) => {
	expect(await events.failure(append(stream, 'order.created', {}))).toMatchObject({
		message: expect.stringMatching(message),
	});
});

it.each<[string, INodeParameters]>([
	['Set', { set: '{ "__proto__.polluted": true }' }],
	['Set, below a field', { set: '{ "a.constructor.prototype.polluted": true }' }],
	['Increment', { options: { increment: '{ "__proto__.polluted": 1 }' } }],
	['Remove', { options: { remove: '__proto__.toString' } }],
	['a path into the event', { set: '{ "a": "$.__proto__.toString" }' }],
])('refuses __proto__ in %s', async (_name, row) => {
	const rules = { rule: [{ eventTypes: '#', ...row }] };
	expect(await events.failure(store('state.get', { stream: named('proto-1'), rules }))).toMatchObject({
		message: expect.stringMatching(/which is no field of data/),
	});
	expect({}).not.toHaveProperty('polluted');
});

it.each<[string, INodeParameters, RegExp]>([
	['merged', { merge: '{ "__proto__": { "polluted": true } }' }, /is a key that events may not have/],
	['incremented', { increment: '{ "__proto__.polluted": 1 }' }, /which is no field of data/],
])('refuses __proto__ that is %s', async (_name, parameters, message) => {
	const patch = store('readModel.patch', { readModel: named('proto'), documentId: 'a', ...parameters });
	expect(await events.failure(patch)).toMatchObject({ message: expect.stringMatching(message) });
	expect({}).not.toHaveProperty('polluted');
});

it('refuses 5 MB and stores nothing of what goes with them', async () => {
	const jsCode = 'return [{ json: { n: 1 } }, { json: { text: "x".repeat(5 * 1024 * 1024) } }, { json: { n: 3 } }];';
	const three = { ...given([]), parameters: { jsCode } };
	const large = store('stream.append', { stream: named('large-1'), eventType: 'file.added' });
	expect(await events.failure(three, large)).toMatchObject({
		message: expect.stringMatching(/has more than 1048576 bytes/),
		description: expect.stringContaining('Store the large part elsewhere'),
	});
	expect(await events.output(store('stream.read', { stream: named('large-1') }))).toEqual([]);
	const put = store('readModel.put', { readModel: named('large'), documentId: 'a' });
	const outcomes = await events.output(three, { ...put, onError: 'continueRegularOutput' });
	expect(outcomes.map(({ error }) => typeof error)).toEqual(['undefined', 'string', 'undefined']);
});

it('says in the editor and in the output what went wrong with a store that cannot be opened', async () => {
	await events.close();
	events = await openStore({ env: { EVENT_STORE_URL: 'mongodb://localhost' } });
	expect(await events.failure(append('order-1', 'order.created', {}))).toMatchObject({
		message: expect.stringMatching(/EVENT_STORE_URL|mongodb/),
	});
});
