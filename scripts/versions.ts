/**
 * Every version the scripts bring along. The one place to change when n8n is upgraded.
 *
 * The libraries the project itself is built with are pinned in package.json, not here.
 */

/** The Node that n8n 2.40 is built for: it asks for >= 24, and its native modules are compiled for this major. */
export const NODE_VERSION = '24.21.0';

/** The real n8n of `npm start` and of the e2e and chaos tests. */
export const N8N_VERSION = '2.40.7';

/** The parts of that n8n that run a workflow in this process. Must be the versions n8n itself depends on. */
export const ENGINE_PACKAGES = {
	'n8n-core': '2.40.3',
	'n8n-workflow': '2.40.1',
	'n8n-nodes-base': '2.40.2',
} as const;
