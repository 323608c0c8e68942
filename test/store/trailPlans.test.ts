/**
 * No question goes through the whole trail: what SQLite says it would do.
 */
import { DatabaseSync } from 'node:sqlite';
import { storeMigrations } from '../../src/store/sql/schema';
import type { Statement, Steps, Together } from '../../src/store/sql/steps';
import { forgetTrail, recordTrail } from '../../src/store/sql/trail';
import { readTrail } from '../../src/store/sql/trailReading';
import { readFlowFacts, searchTrail } from '../../src/store/sql/trailSearch';

const context = { now: 0 };
const before = { at: 1, seq: 1 };
const search = { before, limit: 10, scan: 100 };
const entry = {
	event: {
		eventId: 'e1',
		source: 'shop',
		eventType: 'order.created',
		eventVersion: '1.0',
		subject: null,
		correlationId: 'c',
		causationId: null,
		hops: 0,
		occurredAt: '',
		payload: null,
	},
	facts: [],
};

let database: DatabaseSync;
beforeAll(() => {
	database = new DatabaseSync(':memory:');
	for (const script of storeMigrations('sqlite')) database.exec(script);
});
afterAll(() => database.close());

/** How SQLite carries out the first statement of a command. */
function planOfFirst(steps: Steps<unknown>): string {
	return planOf(steps.next().value as Statement);
}

function planOf({ sql, values }: Statement): string {
	const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
	return rows.map(({ detail }) => String(detail)).join('\n');
}

describe('no whole table is gone through', () => {
	it.each<[string, Steps<unknown>, string]>([
		['to read a trail', readTrail(context, { correlationId: 'c', after: before, limit: 5 }), 'trail_event_correlation'],
		['to forget', forgetTrail(context, { before: 1, limit: 5 }), 'trail_event_at'],
		['to search', searchTrail(context, { ...search, filter: {} }), 'trail_event_at'],
		['to search by type', searchTrail(context, { ...search, filter: { types: ['a', 'b'] } }), 'trail_event_type'],
		['to search by source', searchTrail(context, { ...search, filter: { source: 'a' } }), 'trail_event_source'],
		[
			'to search by what seldom happens',
			searchTrail(context, { ...search, filter: { outcome: 'dead-letter' } }),
			'trail_fact_rare',
		],
		['to draw a map', readFlowFacts(context, { from: 0, to: 9, before: null, limit: 5 }), 'trail_fact_at'],
	])('%s', (_what, steps, index) => {
		const plan = planOfFirst(steps);
		expect(plan).toContain(index);
		expect(plan).not.toMatch(/^SCAN (?!page)/m);
	});

	it('to write', () => {
		const steps = recordTrail(context, { entries: [{ ...entry, facts: [fact] }], maxBytes: 1 });
		const extent = (steps.next().value as Together).together.map(planOf).join();
		expect(extent).not.toContain('TEMP B-TREE');
		steps.next([[{ upto: 0 }], [{ upto: 0 }]]);
		steps.next([]);
		const { together } = steps.next().value as Together;
		expect(together.map(planOf).join()).toContain('SEARCH trail_event USING COVERING INDEX trail_event_identity');
	});
});

const fact = {
	kind: 'published',
	at: 0,
	broker: 'embedded',
	channel: 'events',
	group: null,
	service: 'shop',
	attempt: null,
	workflowId: null,
	executionId: null,
	error: null,
	reason: null,
	delayMs: null,
} as const;
