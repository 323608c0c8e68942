import type { INodeExecutionData } from 'n8n-workflow';
import { createEvent, type EventEnvelope } from '../../src/event';
import { CauseFinder, type CauseContext } from './cause';
import { receivedItem, publishedItem } from './items';

const delivery = {
	broker: 'embedded',
	channel: 'events',
	group: 'g',
	attempt: 1,
	max_attempts: 5,
	position: '1',
	received_at: '2026-02-27T10:30:00.000Z',
	redrives: 0,
};

function event(id: string): EventEnvelope {
	return createEvent({ type: 'order.created', payload: { id }, id }, { now: 0, defaultSource: 'test', cause: null });
}

function delivered(id: string): INodeExecutionData {
	return receivedItem({ event: event(id), delivery }, 'event');
}

interface Upstream {
	readonly name: string;
	readonly type: string;
	/** Absent: it did not run. */
	readonly emitted?: readonly unknown[];
	/** What n8n's item links lead to; absent: ambiguous. */
	readonly matching?: (itemIndex: number) => unknown;
}

/** The three things of n8n that the search asks. */
function context(upstream: readonly Upstream[]): CauseContext {
	const nodeProxy = (name: string) => {
		const node = upstream.find((one) => one.name === name);
		return {
			all: () => {
				if (!node?.emitted) throw new Error(`Node ${name} hasn't been executed`);
				return node.emitted;
			},
			itemMatching: (itemIndex: number) => {
				if (!node?.matching) throw new Error('Multiple matches found');
				return node.matching(itemIndex);
			},
		};
	};
	return {
		getNode: () => ({ name: 'Event Bus' }),
		getParentNodes: () => upstream.map((node) => ({ ...node, parameters: { acknowledge: 'success' } })),
		getWorkflowDataProxy: () => ({ $: nodeProxy }),
	} as unknown as CauseContext;
}

const TRIGGER = 'n8n-nodes-event-bus.eventBusTrigger';

describe('the cause of an item', () => {
	it('is the event that it is', () => {
		const finder = new CauseFinder(context([]));
		expect(finder.causeOf(delivered('a'), 0)).toMatchObject({ kind: 'event', event: { event_id: 'a' } });
	});

	it('does not contain the delivery', () => {
		const cause = new CauseFinder(context([])).causeOf(delivered('a'), 0);
		expect(cause).toMatchObject({ kind: 'event' });
		expect(cause.kind === 'event' && cause.event).not.toHaveProperty('delivery');
	});

	it('is the one event of the trigger, whatever became of the item', () => {
		const finder = new CauseFinder(context([{ name: 'T', type: TRIGGER, emitted: [delivered('a')] }]));
		expect(finder.causeOf({ json: { total: 3 } }, 5)).toMatchObject({ event: { event_id: 'a' }, batchIndex: 0 });
	});

	it('is the event that n8n links the item of a batch to', () => {
		const emitted = [delivered('a'), delivered('b')];
		const finder = new CauseFinder(
			context([{ name: 'T', type: TRIGGER, emitted, matching: (index) => emitted[1 - index] }]),
		);
		expect(finder.causeOf({ json: {} }, 0)).toMatchObject({ event: { event_id: 'b' }, batchIndex: 1 });
	});

	it('is all of the batch where the links are ambiguous', () => {
		const emitted = [delivered('a'), delivered('b')];
		const cause = new CauseFinder(context([{ name: 'T', type: TRIGGER, emitted }])).causeOf({ json: {} }, 0);
		expect(cause).toMatchObject({ kind: 'several', events: [{ event_id: 'a' }, { event_id: 'b' }] });
	});

	it('is never what another node published', () => {
		const published = publishedItem(event('effect'), { broker: 'b', channel: 'c', cursor: '1', matched: 'yes' }, 0);
		const finder = new CauseFinder(context([{ name: 'T', type: TRIGGER, emitted: [delivered('a')] }]));
		expect(finder.causeOf(published, 0)).toMatchObject({ event: { event_id: 'a' } });
		expect(new CauseFinder(context([])).causeOf(published, 0)).toEqual({ kind: 'none' });
	});

	it('is found behind an item that shows the payload only', () => {
		const item = receivedItem({ event: event('a'), delivery }, 'payload');
		expect(item.json).toEqual({ id: 'a' });
		const finder = new CauseFinder(context([{ name: 'T', type: TRIGGER, emitted: [item] }]));
		expect(finder.causeOf({ json: {} }, 0)).toMatchObject({ event: { event_id: 'a' } });
	});

	it('comes from the trigger that ran, when the workflow has several', () => {
		const finder = new CauseFinder(
			context([
				{ name: 'Other', type: TRIGGER },
				{ name: 'T', type: 'CUSTOM.eventBusTrigger', emitted: [delivered('a')] },
			]),
		);
		expect(finder.trigger?.name).toBe('T');
		expect(finder.causeOf({ json: {} }, 0)).toMatchObject({ event: { event_id: 'a' } });
	});

	it('is nothing without an Event Bus Trigger', () => {
		const finder = new CauseFinder(context([{ name: 'W', type: 'n8n-nodes-base.webhook', emitted: [{ json: {} }] }]));
		expect(finder.causeOf({ json: { order_id: 1 } }, 0)).toEqual({ kind: 'none' });
	});

	it('is read from items that n8n gives as JSON alone', () => {
		const finder = new CauseFinder(context([{ name: 'T', type: TRIGGER, emitted: [delivered('a').json] }]));
		expect(finder.causeOf({ json: {} }, 0)).toMatchObject({ event: { event_id: 'a' } });
	});
});

describe('the number of an item among those with its cause', () => {
	const nth = (finder: CauseFinder, item: INodeExecutionData, index: number) => {
		const cause = finder.causeOf(item, index);
		return cause.kind === 'none' ? null : cause.nth;
	};

	it('does not depend on the batch the event came in', () => {
		const batch = new CauseFinder(context([]));
		const inBatch = ['a', 'b', 'b', 'a'].map((id, index) => nth(batch, delivered(id), index));
		expect(inBatch).toEqual([0, 0, 1, 1]);
		const alone = new CauseFinder(context([]));
		expect([nth(alone, delivered('b'), 0), nth(alone, delivered('b'), 1)]).toEqual([0, 1]);
	});

	it('counts the items that all of a batch went into', () => {
		const emitted = [delivered('a'), delivered('b')];
		const finder = new CauseFinder(context([{ name: 'T', type: TRIGGER, emitted }]));
		expect([0, 1].map((index) => nth(finder, { json: {} }, index))).toEqual([0, 1]);
	});
});
