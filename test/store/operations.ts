/**
 * Operations on a store as data, drawn at random: what each does on a real store, and on the model.
 */
import fc from 'fast-check';
import type { EventEnvelope, Json } from '../../src/event/envelope';
import { OPERATORS } from '../../src/store/documents/query';
import type { StoredDocument, StoredEvent } from '../../src/store/types';
import { event } from '../conformance/events';
import { type ModelEvent, type ModelPlace, type ModelStore, type ModelStored, patch } from './model';
import { readAll } from './reading';
import type { StoreRig } from './rig';

export interface Operation {
	readonly text: string;
	onModel(model: ModelStore): unknown;
	onStore(rig: StoreRig): Promise<unknown>;
}

const STREAMS = ['order-1', 'order-2', "stock-'1"];
const TYPES = ['order.created', 'order.paid', 'stock.taken'];
const MODELS = ['orders', 'customers'];
/** Few, so that they meet. */
const NAMES = ['a', "ü'🛒"];
const TEXTS = ['', 'x', 'X', '%', '\ufffd', '🛒', 'x\u0000y', '\ud800'];

const expected = fc.oneof(fc.constantFrom('any', 'exists', 'no-stream'), fc.nat(4));
const modelEvent = fc.record({
	id: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7'),
	type: fc.constantFrom(...TYPES),
	correlation: fc.constantFrom('c1', 'c2'),
});

const scalar = fc.oneof(
	{ weight: 5, arbitrary: fc.constantFrom<Json>(null, true, 0, -1.5, 1e21) },
	{ weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
	{ weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
);
const json = fc.letrec<{ value: Json; data: { [key: string]: Json } }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		{ weight: 4, arbitrary: scalar },
		{ weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
		{ weight: 1, arbitrary: tie('data') },
	),
	data: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));
const data = json.data;

const place: fc.Arbitrary<ModelPlace> = fc.record({
	model: fc.constantFrom(...MODELS),
	id: fc.constantFrom('1', '2', 'B', 'ä'),
	expect: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(2) }),
	change: fc.oneof(fc.constant(null), fc.constantFrom('k1', 'k2')),
});
const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }).map((names) => names.join('.'));
const condition = fc
	.record({ path, operator: fc.constantFrom(...OPERATORS), values: fc.array(scalar, { minLength: 1, maxLength: 2 }) })
	.map(({ operator, values, ...rest }) => ({
		...rest,
		operator,
		// An empty text is in every text, so nobody may look for it.
		values: (/contains|startsWith/.test(operator) ? values.filter((value) => value !== '') : values) as (
			string | number | boolean | null
		)[],
	}));
const query = fc.record({
	model: fc.constantFrom(...MODELS),
	where: fc.array(condition, { maxLength: 2 }),
	match: fc.constantFrom('all' as const, 'any' as const),
	sort: fc.option(fc.record({ path, descending: fc.boolean() })),
	limit: fc.integer({ min: 1, max: 5 }),
	offset: fc.nat(2),
});

const append = fc
	.record({
		stream: fc.constantFrom(...STREAMS),
		events: fc.array(modelEvent, { maxLength: 4 }),
		expect: expected,
		publish: fc.boolean(),
	})
	.map(({ stream, events, expect, publish }) =>
		operation(
			'append',
			{ stream, events, expect, publish },
			(model) => model.append(stream, events, expect, publish),
			async ({ store, call }) =>
				await store.append(stream, events.map(envelope), {
					...call(),
					expect: expect,
					publish: publish ? { target: 't', channel: 'c' } : null,
				}),
		),
	);

const put = fc.record({ place, data }).map((args) =>
	operation(
		'put',
		args,
		(model) => model.change(args.place, () => args.data),
		async ({ store, call }) => withoutTime(await store.put(args.place, args.data, call())),
	),
);

const patchDocument = fc
	.record({ place, merge: data, increment: fc.dictionary(path, fc.integer({ min: -2, max: 2 }), { maxKeys: 2 }) })
	.map(({ increment, ...args }) => {
		const plain = Object.fromEntries(Object.entries(increment));
		return operation(
			'patch',
			{ ...args, increment: plain },
			(model) => model.change(args.place, (current) => patch(current, args.merge, plain)),
			async ({ store, call }) =>
				withoutTime(await store.patch(args.place, { merge: args.merge, increment: plain }, call())),
		);
	});

const remove = place.map((args) =>
	operation(
		'delete',
		args,
		(model) => model.change(args, () => null),
		async ({ store, call }) => withoutTime(await store.delete(args, call())),
	),
);

const clear = fc.constantFrom(...MODELS).map((name) =>
	operation(
		'clear',
		name,
		(model) => model.clear(name),
		async ({ store, call }) => await store.clear(name, call()),
	),
);

/** Several, because most searches find nothing. */
const find = fc.array(query, { minLength: 1, maxLength: 40, size: 'max' }).map((queries) =>
	operation(
		'find',
		queries,
		(model) => queries.map((one) => model.find(one)),
		async ({ store, call }) =>
			await Promise.all(
				queries.map(async (one) =>
					(await store.find(one, call())).map(({ id, version, data: found }) => ({ id, version, data: found })),
				),
			),
	),
);

const readStream = fc
	.record({ stream: fc.constantFrom(...STREAMS), from: fc.integer({ min: 1, max: 6 }), backwards: fc.boolean() })
	.map(({ stream, from, backwards }) =>
		operation(
			'read',
			{ stream, from, backwards },
			(model) => {
				const all = model.stream(stream);
				return backwards
					? all.filter(({ version }) => version <= from).toReversed()
					: all.filter(({ version }) => version >= from);
			},
			async ({ store, call }) => (await readAll(store.read(stream, { ...call(), from, backwards }))).map(short),
		),
	);

const readLog = fc
	.record(
		{
			after: fc.nat(8),
			type: fc.constantFrom('#', 'order.*', 'order.paid'),
			category: fc.constantFrom('order', 'stock'),
			correlation: fc.constantFrom('c1', 'c2'),
		},
		{ requiredKeys: ['after'] },
	)
	.map(({ after, ...filter }) =>
		operation(
			'readLog',
			{ after, filter },
			(model) => model.readLog(after, filter),
			async ({ store, call }) => {
				const { type, category, correlation } = filter;
				const wanted = {
					...(type !== undefined && { types: [type] }),
					...(category !== undefined && { category }),
					...(correlation !== undefined && { correlationId: correlation }),
				};
				return (await readAll(store.readLog({ ...call(), after, filter: wanted }))).map(short);
			},
		),
	);

const look = fc.constant(
	operation(
		'look',
		{},
		(model) => [model.streams(), model.waiting()],
		async ({ store, engine, call }) => [
			(await store.streams({ limit: 100 }, call())).map(({ stream, version }) => [stream, version]),
			(await engine.read('readOutbox', { target: 't', limit: 1000 }, call())).map(({ position }) => position),
		],
	),
);

export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
	{ weight: 4, arbitrary: append },
	{ weight: 4, arbitrary: put },
	{ weight: 4, arbitrary: patchDocument },
	{ weight: 1, arbitrary: remove },
	{ weight: 1, arbitrary: clear },
	{ weight: 6, arbitrary: find },
	{ weight: 2, arbitrary: readStream },
	{ weight: 2, arbitrary: readLog },
	{ weight: 1, arbitrary: look },
);

function operation(
	name: string,
	args: unknown,
	onModel: Operation['onModel'],
	onStore: Operation['onStore'],
): Operation {
	return { text: `${name} ${JSON.stringify(args)}`, onModel, onStore };
}

function envelope({ id, type, correlation }: ModelEvent): EventEnvelope {
	return event({ id, type, metadata: { correlation_id: correlation } });
}

function short({ stream, version, position, event: stored }: StoredEvent): ModelStored {
	const { event_id: id, event_type: type, metadata } = stored;
	return { id, type, correlation: metadata.correlation_id, stream, version, position };
}

function withoutTime({ applied, document }: { readonly applied: boolean; readonly document: StoredDocument | null }) {
	if (document === null) return { applied, document };
	const { id, version, data: found } = document;
	return { applied, document: { id, version, data: found } };
}
