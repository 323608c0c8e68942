/**
 * Event Store Trigger: every stored event starts a run, in order, from where its subscription stands.
 */
import type { INode, INodeParameters } from 'n8n-workflow';
import { eventually } from './eventually';
import { items, type Execution, type WorkflowJson } from './n8nEngine';
import { append, given, named, openStore, store, type Store } from './openStore';
import { node, workflow } from './workflowBuilder';

let events: Store;
/** Each test has a category of streams, a subscription and workflows of its own. */
let category = '';
let tests = 0;
let active: WorkflowJson[] = [];

beforeAll(async () => {
	events = await openStore();
});
afterAll(async () => {
	await events.close();
});
beforeEach(() => {
	tests += 1;
	category = `order${tests}`;
	active = [];
});
afterEach(async () => {
	for (const { id } of active) await events.engine.deactivate(id);
});

const TRIGGER = 'On Stored Event';

function stored(parameters: INodeParameters = {}, options: INodeParameters = {}): INode {
	return node(TRIGGER, 'n8n-nodes-event-bus.eventStoreTrigger', {
		read: 'category',
		category,
		subscription: `projection-${category}`,
		options,
		...parameters,
	});
}

/** A failed run is tried again at once. */
const AT_ONCE = { backoff: { delays: { initialSeconds: 0.05, factor: 1, jitterPercent: 0 } } };

function reader(name: string, trigger: INode, ...nodes: readonly INode[]): WorkflowJson {
	return workflow(`${tests} ${name}`, [trigger, ...nodes, node('End', 'noOp')]);
}

async function activate(wanted: WorkflowJson): Promise<WorkflowJson> {
	await events.engine.activate(wanted);
	active.push(wanted);
	return wanted;
}

function failing(jsCode: string): INode {
	return node('Fail', 'code', { jsCode: `${jsCode}\nreturn $input.all();` }, { typeVersion: 2 });
}

/** 'a@1': version 1 of the stream <category>-a. */
function seen(executions: readonly Execution[]): readonly string[] {
	return executions.flatMap(({ run }) =>
		(run ? (items(run, TRIGGER) ?? []) : []).map((item) => {
			const { version, stream } = item.stored as { version: number; stream: string };
			return `${stream.split('-')[1] ?? ''}@${version}`;
		}),
	);
}

/** One event for each letter, to the stream of that letter. */
async function appendTo(streams: string): Promise<void> {
	const each = append(`=${category}-{{ $json.stream }}`, 'order.changed', {}, { payloadSource: 'inputItem' });
	await events.output(given(Array.from(streams).map((stream) => ({ stream }))), each);
}

async function runsOf(of: WorkflowJson, count: number): Promise<readonly Execution[]> {
	await eventually(`${count} runs`, () => events.runs(of).length >= count);
	return events.runs(of);
}

it('reads what was stored before it was activated, then what comes, each stream in order', async () => {
	await appendTo('abab');
	const projector = await activate(reader('Projector', stored()));
	await runsOf(projector, 4);
	await appendTo('ab');
	const places = seen(await runsOf(projector, 6));
	for (const stream of ['a', 'b']) {
		expect(places.filter((place) => place.startsWith(stream))).toEqual([1, 2, 3].map((n) => `${stream}@${n}`));
	}
});

it('goes on where it stood when the workflow was not active', async () => {
	const projector = await activate(reader('Projector', stored()));
	await appendTo('ab');
	await runsOf(projector, 2);
	await events.engine.deactivate(projector.id);
	await appendTo('abc');
	await activate(projector);
	expect(new Set(seen(await runsOf(projector, 5))).size).toBe(5);
});

it('reads only the types or the stream that it names', async () => {
	await appendTo('ab');
	await events.output(append(`${category}-a`, 'order.paid', {}));
	const byType = await activate(
		reader('Types', stored({ eventTypes: 'order.paid', subscription: `${category}-types` })),
	);
	const one = stored({ read: 'stream', stream: named(`${category}-b`), subscription: `${category}-stream` });
	const byStream = await activate(reader('Stream', one));
	expect(seen(await runsOf(byType, 1))).toEqual(['a@2']);
	expect(seen(await runsOf(byStream, 1))).toEqual(['b@1']);
});

it('tries a failed run again before the later events of its stream, then keeps a dead letter and goes on', async () => {
	const fails = failing("if ($json.stored.version === 2) throw new Error('no');");
	await appendTo('aaa');
	const projector = await activate(reader('Projector', stored({}, { ...AT_ONCE, maxAttempts: 3 }), fails));
	expect(seen(await runsOf(projector, 5))).toEqual(['a@1', 'a@2', 'a@2', 'a@2', 'a@3']);
	await eventually('the report', async () => {
		const reports = await events.output(store('subscription.getMany'));
		const own = reports.find(({ subscription }) => subscription === `projection-${category}`);
		return own?.dead_letters === 1 && own.behind === 0;
	});
	const lettersOf = `projection-${category}`;
	const [letter] = await events.output(store('deadLetter.getMany', { lettersOf }));
	expect(letter).toMatchObject({ subject: `${category}-a`, dead_letter: { attempts: 3, reason: 'max_attempts' } });
	expect(await events.output(store('deadLetter.redrive', { lettersOf }))).toMatchObject([{ redriven: true }]);
	await runsOf(projector, 8);
	await eventually('it is a dead letter again', async () => {
		const again = await events.output(store('deadLetter.getMany', { lettersOf }));
		return again.length === 1;
	});
	expect(await events.output(store('deadLetter.discard', { lettersOf }))).toMatchObject([{ deleted: true }]);
	expect(await events.output(store('deadLetter.getMany', { lettersOf }))).toEqual([]);
});

it('counts an event once in a read model, although its run is repeated', async () => {
	const readModel = named(`totals-${category}`);
	const count = store('readModel.patch', { readModel, documentId: 'all', increment: '{"orders": 1}' });
	const failsOnce = failing("if ($('On Stored Event').first().json.delivery.attempt === 1) throw new Error('once');");
	await appendTo('abc');
	const projector = await activate(reader('Projector', stored({}, AT_ONCE), count, failsOnce));
	await runsOf(projector, 6);
	const [total] = await events.output(store('readModel.get', { readModel, documentId: 'all' }));
	expect(total).toMatchObject({ data: { orders: 3 }, version: 3 });
});

it('reads everything again after a reset, and nothing while it is paused', async () => {
	const change = async (operation: string) =>
		await events.output(store(`subscription.${operation}`, { subscription: named(`projection-${category}`) }));
	await appendTo('abc');
	const projector = await activate(reader('Projector', stored()));
	await runsOf(projector, 3);
	await change('pause');
	await change('reset');
	await appendTo('d');
	await new Promise((resolve) => setTimeout(resolve, 500));
	expect(events.runs(projector)).toHaveLength(3);
	await change('resume');
	expect(
		seen(await runsOf(projector, 7))
			.slice(3)
			.toSorted(),
	).toEqual(['a@1', 'b@1', 'c@1', 'd@1']);
});

it('lets one of two triggers with the same subscription read, so that no event runs twice', async () => {
	const one = await activate(reader('One', stored()));
	const other = await activate(reader('Other', stored()));
	const both = () => [...events.runs(one), ...events.runs(other)];
	await appendTo('abcdefgh');
	await eventually('eight runs', () => both().length >= 8);
	await events.engine.deactivate(one.id);
	await appendTo('ijkl');
	await eventually('the other takes over', () => both().length >= 12);
	await events.engine.drain(5000);
	expect(new Set(seen(both())).size).toBe(12);
	expect(both()).toHaveLength(12);
});

it('names the event as the cause of what its run appends', async () => {
	const audit = `audit${category}-1`;
	await activate(reader('Projector', stored({ eventTypes: 'order.created' }), append(audit, 'order.noticed', {})));
	const [created] = await events.output(append(`${category}-a`, 'order.created', {}));
	await eventually('the audit', async () => {
		const [noticed] = await events.output(store('stream.read', { stream: named(audit) }, { alwaysOutputData: true }));
		const metadata = noticed?.metadata as { causation_id?: string; hops?: number } | undefined;
		return metadata?.causation_id === created?.event_id && metadata?.hops === 1;
	});
});

it('refuses a subscription that is read with other types, and says what to do', async () => {
	await activate(reader('One', stored()));
	const other = reader('Other', stored({ eventTypes: 'order.paid' }));
	await expect(events.engine.activate(other)).rejects.toThrow(/subscription name of its own/);
});

it('takes the newest event for a test, and moves no subscription', async () => {
	await appendTo('ab');
	const test = await events.engine.runManual(reader('Test', stored()));
	expect(items(test, TRIGGER)).toMatchObject([{ stored: { stream: `${category}-b`, version: 1 } }]);
	const reports = await events.output(store('subscription.getMany'));
	expect(reports.filter(({ category: of }) => of === category)).toEqual([]);
});
