/**
 * Two who decide at once: a version conflict on the canvas, and a loop that decides again.
 */
import type { IDataObject, INode } from 'n8n-workflow';
import { items } from './n8nEngine';
import { append, named, openStore, store, type Store } from './openStore';
import { node, workflow, type Arrow } from './workflowBuilder';

let events: Store;

beforeAll(async () => {
	events = await openStore();
});
afterAll(async () => {
	await events.close();
});

it('is an item with the actual version where the node continues', async () => {
	await events.output(append('busy-1', 'order.created', {}));
	const late = append('busy-1', 'line.added', {}, { expectedVersion: 'noStream' });
	expect(await events.output({ ...late, onError: 'continueRegularOutput' })).toEqual([
		{
			error: 'Stream busy-1 is at version 1, and it was expected not to exist',
			details: { hint: expect.stringContaining('decide again'), actual_version: 1 },
		},
	]);
});

it('leaves out what failed and stores what fits, one outcome an item', async () => {
	const mixed = append(
		'=mixed-{{ $itemIndex }}',
		'order.created',
		{},
		{ expectedVersion: 'exact', exactVersion: '={{ $itemIndex % 2 }}' },
	);
	const four = node(
		'Four',
		'code',
		{ jsCode: 'return [1, 2, 3, 4].map((n) => ({ json: { n } }));' },
		{ typeVersion: 2 },
	);
	const outcomes = await events.output(four, { ...mixed, onError: 'continueRegularOutput' });
	expect(
		outcomes.map(({ error, details }) => [error !== undefined, (details as IDataObject | undefined)?.actual_version]),
	).toEqual([
		[false, undefined],
		[true, 0],
		[false, undefined],
		[true, 0],
	]);
	expect(await events.failure(four, mixed)).toMatchObject({ description: expect.not.stringContaining('stored.') });
});

it('is decided again by a loop on the canvas', async () => {
	await events.output(append('race-1', 'order.created', {}));
	const get = { ...store('state.get', { stream: named('race-1') }), name: 'Get State' };
	const first = node(
		'First Time?',
		'if',
		{
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				conditions: [
					{
						id: '1',
						leftValue: '={{ $runIndex }}',
						rightValue: 0,
						operator: { type: 'number', operation: 'equals' },
					},
				],
				combinator: 'and',
			},
		},
		{ typeVersion: 2.2 },
	);
	// Somebody else, between the decision and the append.
	const other = { ...append('race-1', 'other.came', {}), name: 'Somebody Else' };
	const mine: INode = {
		...append(
			'race-1',
			'line.added',
			{},
			{
				payload: "={{ { after: $('Get State').last().json.version } }}",
				expectedVersion: 'exact',
				exactVersion: "={{ $('Get State').last().json.version }}",
			},
		),
		name: 'Mine',
		onError: 'continueErrorOutput',
	};
	const arrows: Arrow[] = [
		'Start > Get State',
		'Get State > First Time?',
		'First Time? > Somebody Else',
		'First Time?:1 > Mine',
		'Somebody Else > Mine',
		'Mine > Done',
		'Mine:1 > Get State',
	];
	const nodes = [node('Start', 'manualTrigger'), get, first, other, mine, node('Done', 'noOp')];
	const run = await events.engine.runManual(workflow('Race', nodes, { arrows }));
	expect(run.status).toBe('success');
	expect(items(run, 'Mine', 1)).toEqual([]);
	expect(items(run, 'Done')).toMatchObject([{ payload: { after: 2 }, stored: { version: 3 } }]);
	const stream = await events.output(store('stream.read', { stream: named('race-1') }));
	expect(stream.map((event: IDataObject) => event.event_type)).toEqual(['order.created', 'other.came', 'line.added']);
});
