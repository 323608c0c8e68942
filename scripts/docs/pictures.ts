/**
 * The pictures in the documentation that browser tests take: of workflows (test/e2e/gallery.test.ts), of the pages of the trail
 * (trailPages.test.ts).
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
	'docs/images/hybrid.png': 'hybrid-00-order-saga',
	'docs/images/event-trail.png': 'event-trail-00-trail-viewer',
	'docs/images/flow-map.png': 'flow-map-light',
	'docs/images/monolith.png': 'split-a-monolith-00-monolith',
	'docs/images/orchestration.png': 'orchestration-00-order-orchestrator',
	'docs/images/polyglot.png': 'polyglot-00-quotes',
	'docs/images/saga.png': 'saga-00-order-saga',
	'docs/images/trail.png': 'trail-light',
};
