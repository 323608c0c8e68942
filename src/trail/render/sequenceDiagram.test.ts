import { manyEvents, orderTrail, trailEvent, trailFact } from '../../../test/trail/stories';
import { hostileTrail } from '../../../test/trail/hostile';
import { sequenceDiagram } from './sequenceDiagram';

it('draws the trail of an order', () => {
	expect(sequenceDiagram(orderTrail()).split('\n    ')).toEqual([
		'sequenceDiagram',
		'participant s0 as ecommerce-api',
		'participant s1 as order-validator',
		'participant s2 as fraud-check',
		'participant s3 as inventory-manager',
		'participant s4 as payment-processor',
		'participant s5 as fulfillment-coordinator',
		'participant s6 as analytics-updater',
		'participant s7 as notification-service',
		's0->>s1: order.created',
		's0->>s2: order.created',
		's1->>s3: order.validated',
		's3->>s4: inventory.reserved',
		'Note over s4: failed, comes again in 1 s<br/>The card service did not answer#58; connect ECONNREFUSED 10.0.0.7#58;443',
		's3->>s4: inventory.reserved, attempt 2',
		'Note over s4: failed, comes again in 4 s<br/>The card service did not answer#58; connect ECONNREFUSED 10.0.0.7#58;443',
		's3->>s4: inventory.reserved, attempt 3',
		's4->>s5: payment.processed',
		's4->>s6: payment.processed',
		's5-)s5: shipping.label.printed',
		's5->>s7: order.fulfilled',
		's5->>s6: order.fulfilled',
		'Note over s7: failed, comes again in 1 s<br/>550 mailbox unavailable',
		's5->>s7: order.fulfilled, attempt 2',
		's7-xs7: dead letter order.fulfilled, attempts<br/>550 mailbox unavailable\n',
	]);
});

it('is a diagram without events', () => expect(sequenceDiagram([])).toBe('sequenceDiagram\n'));

it('shows what was put aside without a run', () => {
	const facts = [trailFact('duplicate', 1)];
	expect(sequenceDiagram([{ event: trailEvent('a', null, 0), facts }])).toContain(
		'Note over s1: order.created duplicate',
	);
});

it('says how many events it leaves out', () => {
	const lines = sequenceDiagram(manyEvents(1000)).trim().split('\n');
	expect(lines.at(-1)).toBe('    Note over s0: 800 more events are left out');
});

it('has only lines of its own, whatever the texts are', () => {
	const own =
		/^(sequenceDiagram| {4}(participant s\d+ as |Note over s\d+: |s\d+(->>|--\)|-\)|-x)s\d+: )[^<>"%;]*(<br\/>|#\d+;|[^<>"%;])*)$/;
	for (const line of sequenceDiagram(hostileTrail()).trimEnd().split('\n')) expect(line).toMatch(own);
});
