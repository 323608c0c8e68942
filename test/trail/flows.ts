/**
 * Flows to test with.
 */
import type { Consumption, Flows, Publication } from '../../src/trail/types';

export function publication(service: string, eventType: string, more: Partial<Publication> = {}): Publication {
	return { service, eventType, channel: 'events', count: 0, ...more };
}

export function consumption(service: string, eventType: string, more: Partial<Consumption> = {}): Consumption {
	return {
		service,
		group: service,
		eventType,
		channel: 'events',
		count: 0,
		retries: 0,
		deadLetters: 0,
		latencyMs: null,
		...more,
	};
}

/** What an order system did in a day: a cycle, dead letters, events that nobody consumes, and a group that got nothing. */
export function orderFlows(): Flows {
	const quick = { latencyMs: { p50: 12, p95: 80 } };
	const slow = { latencyMs: { p50: 40, p95: 2300 } };
	return {
		publications: [
			publication('shop-api', 'order.created', { count: 420 }),
			publication('order-validator', 'order.validated', { count: 400 }),
			publication('order-validator', 'order.validation_failed', { count: 20 }),
			publication('inventory-manager', 'inventory.reserved', { count: 390 }),
			publication('inventory-manager', 'inventory.low', { count: 8 }),
			publication('purchasing', 'inventory.replenished', { count: 8 }),
			publication('payment-processor', 'payment.processed', { count: 380 }),
			publication('payment-processor', 'payment.declined', { count: 10 }),
			publication('fulfillment-coordinator', 'order.fulfilled', { count: 378 }),
			publication('fulfillment-coordinator', 'shipping.label.printed', { count: 378 }),
		],
		consumptions: [
			consumption('order-validator', 'order.created', { count: 420, ...quick }),
			consumption('inventory-manager', 'order.validated', { count: 400, retries: 12, ...quick }),
			consumption('payment-processor', 'inventory.reserved', { count: 390, retries: 31, deadLetters: 3, ...slow }),
			consumption('fulfillment-coordinator', 'payment.processed', { count: 380, ...quick }),
			consumption('notification-service', 'order.fulfilled', { count: 378, ...quick }),
			consumption('notification-service', 'order.validation_failed', { count: 20, ...quick }),
			consumption('notification-service', 'payment.declined', { count: 10, ...quick }),
			consumption('analytics-updater', 'order.created', { count: 420, ...quick }),
			consumption('analytics-updater', 'order.fulfilled', { count: 378, ...quick }),
			consumption('purchasing', 'inventory.low', { count: 8, ...quick }),
			consumption('inventory-manager', 'inventory.replenished', { count: 8, ...quick }),
			consumption('legacy-crm', 'customer.changed'),
		],
		causations: [
			{ service: 'order-validator', cause: 'order.created', effect: 'order.validated', count: 400 },
			{ service: 'purchasing', cause: 'inventory.low', effect: 'inventory.replenished', count: 8 },
			{ service: 'inventory-manager', cause: 'inventory.replenished', effect: 'inventory.low', count: 4 },
		],
	};
}
