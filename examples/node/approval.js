/**
 * Approves or declines a quote: hears quote.checked, says quote.approved or quote.declined.
 *
 * With the library of this package, so it has the guarantees of the nodes: retries with backoff, dead letters that the
 * Event Bus node can redrive, de-duplication; and it runs on every broker by changing EVENT_BUS_URL.
 */
import { derivedEventId, openEventBus, timeOfEventId } from 'n8n-nodes-event-bus';

/** Above this somebody has to look at it. */
const LIMIT = 1000;

const logger = { debug() {}, info: console.log, warn: console.warn, error: console.error };
const bus = openEventBus(process.env.EVENT_BUS_URL ?? 'redis://localhost:6379', {
	source: 'approval.js',
	logger,
	// Remembers what was processed where the broker cannot; Redis can, and makes no such file.
	inbox: 'approval.inbox.db',
});

await bus.consume({ types: ['quote.checked'], group: 'approval' }, async (event) => {
	const reasons = [
		...event.payload.sold_out.map((sku) => `${sku} is sold out`),
		...(event.payload.total_amount > LIMIT ? [`more than ${LIMIT}`] : []),
	];
	const type = reasons.length === 0 ? 'quote.approved' : 'quote.declined';
	// Work that is repeated after a crash says the same under the same id, and whoever has heard it drops the copy.
	const id = derivedEventId(timeOfEventId(event.event_id) ?? 0, [event.source, event.event_id, type]);
	await bus.publish([{ type, id, subject: event.subject, payload: { ...event.payload, reasons } }], { cause: event });
	console.log(`approval has processed ${event.event_type} ${event.event_id}: ${type}`);
});
console.log('approval listens to quote.checked');

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, async () => await bus.close());
