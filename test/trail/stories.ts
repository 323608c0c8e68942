/**
 * Trails to test with.
 */
import type { TrailEntry, TrailEvent, TrailFact, TrailFactKind } from '../../src/trail/types';

const START = Date.parse('2026-02-27T10:30:00.000Z');

/** @param afterMs since the begin of the trail */
export function trailEvent(
	eventId: string,
	causationId: string | null,
	afterMs: number,
	more: Partial<TrailEvent> = {},
): TrailEvent {
	return {
		eventId,
		source: 'shop-api',
		eventType: 'order.created',
		eventVersion: '1.0',
		subject: 'ord_987654321',
		correlationId: 'corr_abc123',
		causationId,
		hops: causationId === null ? 0 : 1,
		occurredAt: new Date(START + afterMs).toISOString(),
		payload: {
			order_id: 'ord_987654321',
			customer_id: 'cust_12345',
			total_amount: 299.99,
			gift: false,
			coupon: null,
			items: [{ sku: 'PROD-001', quantity: 2, price: 149.99 }],
		},
		...more,
	};
}

export function trailFact(kind: TrailFactKind, afterMs: number, more: Partial<TrailFact> = {}): TrailFact {
	return {
		kind,
		at: START + afterMs,
		broker: 'embedded',
		channel: 'events',
		group: kind === 'published' ? null : 'validator',
		service: 'order-validator',
		attempt: kind === 'published' ? null : 1,
		workflowId: 'workflow1',
		executionId: null,
		error: null,
		reason: null,
		delayMs: null,
		...more,
	};
}

function published(service: string, afterMs: number, executionId: string): TrailFact {
	return trailFact('published', afterMs, { service, executionId });
}

function run(service: string, fromMs: number, toMs: number, more: Partial<TrailFact>, kind: TrailFactKind = 'done') {
	const of = { service, group: service, executionId: more.executionId ?? null, attempt: more.attempt ?? 1 };
	return [trailFact('started', fromMs, of), trailFact(kind, toMs, { ...of, ...more })];
}

/** The article's choreography: a chain with two failed attempts, a dead letter, and an event nobody consumes. */
export function orderTrail(): readonly TrailEntry[] {
	const failed = { error: 'The card service did not answer: connect ECONNREFUSED 10.0.0.7:443' };
	const bounced = { error: '550 mailbox unavailable' };
	return [
		{
			event: trailEvent('evt_1', null, 0, { source: 'ecommerce-api' }),
			facts: [
				published('ecommerce-api', 2, '100'),
				...run('order-validator', 14, 46, { executionId: '101' }),
				...run('fraud-check', 15, 190, { executionId: '131' }),
			],
		},
		{
			event: trailEvent('evt_2', 'evt_1', 40, { source: 'order-validator', eventType: 'order.validated' }),
			facts: [published('order-validator', 41, '101'), ...run('inventory-manager', 55, 92, { executionId: '102' })],
		},
		{
			event: trailEvent('evt_3', 'evt_2', 85, { source: 'inventory-manager', eventType: 'inventory.reserved' }),
			facts: [
				published('inventory-manager', 86, '102'),
				...run('payment-processor', 100, 160, { ...failed, executionId: '103', delayMs: 1000 }, 'retry'),
				...run('payment-processor', 1170, 1220, { ...failed, executionId: '104', attempt: 2, delayMs: 4000 }, 'retry'),
				...run('payment-processor', 5230, 5300, { executionId: '105', attempt: 3 }),
			],
		},
		{
			event: trailEvent('evt_4', 'evt_3', 5290, { source: 'payment-processor', eventType: 'payment.processed' }),
			facts: [
				published('payment-processor', 5292, '105'),
				...run('fulfillment-coordinator', 5310, 5350, { executionId: '106' }),
				...run('analytics-updater', 5311, 5321, { executionId: '107' }),
			],
		},
		{
			event: trailEvent('evt_5', 'evt_4', 5340, { source: 'fulfillment-coordinator', eventType: 'order.fulfilled' }),
			facts: [
				published('fulfillment-coordinator', 5341, '106'),
				...run('notification-service', 5360, 5400, { ...bounced, executionId: '108', delayMs: 1000 }, 'retry'),
				...run(
					'notification-service',
					6410,
					6450,
					{ ...bounced, executionId: '109', attempt: 2, reason: 'attempts' },
					'dead-letter',
				),
				...run('analytics-updater', 5361, 5370, { executionId: '110' }),
			],
		},
		{
			event: trailEvent('evt_6', 'evt_4', 5344, {
				source: 'fulfillment-coordinator',
				eventType: 'shipping.label.printed',
			}),
			facts: [published('fulfillment-coordinator', 5345, '106')],
		},
	];
}

const CHAIN = [
	['shop-api', 'order.created'],
	['order-validator', 'order.validated'],
	['inventory-manager', 'inventory.reserved'],
	['payment-processor', 'payment.processed'],
	['fulfillment-coordinator', 'order.fulfilled'],
	['notification-service', 'notification.sent'],
	['analytics-updater', 'metrics.updated'],
	['crm-sync', 'crm.synced'],
] as const;

/** Chains of eight services; now and then a retry or a dead letter. */
export function manyEvents(count: number): readonly TrailEntry[] {
	return Array.from({ length: count }, (_, index) => {
		const place = index % CHAIN.length;
		const [source, eventType] = CHAIN[place] ?? CHAIN[0];
		const [next] = CHAIN[place + 1] ?? [];
		const at = index * 37 + ((index * 7919) % 23);
		const facts = [published(source, at, `x${index}`)];
		if (next && index % 13 === 5) {
			facts.push(...run(next, at + 9, at + 20, { executionId: `y${index}`, error: 'timed out', delayMs: 10 }, 'retry'));
		}
		if (next && index % 97 === 5) {
			facts.push(trailFact('dead-letter', at + 30, { service: next, group: next, attempt: 2, reason: 'attempts' }));
		} else if (next) {
			facts.push(...run(next, at + 30, at + 54, { executionId: `x${index + 1}` }));
		}
		const cause = place === 0 ? null : `e${index - 1}`;
		return {
			event: trailEvent(`e${index}`, cause, at, {
				source,
				eventType,
				subject: `ord_${Math.floor(index / CHAIN.length)}`,
			}),
			facts,
		};
	});
}
