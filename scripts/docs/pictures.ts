/**
 * The pictures in the documentation. All are taken by browser tests (test/e2e): of workflows by gallery.test.ts, of nodes by
 * editor.test.ts, eventStore.test.ts and saga.test.ts, of the pages of the trail by choreography.test.ts,
 * of the first service by firstTenMinutes.test.ts.
 */
import { join } from 'node:path';
import { BUILD } from '../toolchain/paths';

/** Where the browser tests leave theirs. */
export const SCREENSHOTS = process.env.EVENT_BUS_SCREENSHOTS ?? join(BUILD, 'screenshots');

/** Picture → name of the screenshot. */
export const PICTURES: Readonly<Record<string, string>> = {
	'docs/images/ai-agent.png': 'ai-agent-00-agent-publishes',
	'docs/images/bridge.png': 'bridge-00-bridge',
	'docs/images/choreography.png': 'choreography-all-on-one-canvas',
	'docs/images/cqrs.png': 'cqrs-00-order-commands',
	'docs/images/dead-letters.png': 'dead-letters-00-shipping-service',
	'docs/images/event-sourcing.png': 'event-sourcing-00-by-hand',
	'docs/images/event-store.png': 'store-state-with-result',
	'docs/images/hybrid.png': 'hybrid-00-order-saga',
	'docs/images/event-trail.png': 'event-trail-00-trail-viewer',
	'docs/images/flow-map.png': 'flow-map-of-orders',
	'docs/images/monolith.png': 'split-a-monolith-00-monolith',
	'docs/images/orchestration.png': 'orchestration-00-order-orchestrator',
	'docs/images/polyglot.png': 'polyglot-00-quotes',
	'docs/images/publish.png': 'published-event',
	'docs/images/saga-panel.png': 'saga-rows',
	'docs/images/saga.png': 'saga-00-order-saga',
	'docs/images/service.png': 'service-of-three-nodes',
	'docs/images/trail.png': 'trail-of-an-order',
	'docs/images/trigger.png': 'caught-event',
};
