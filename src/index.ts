/**
 * The public library: what `require('n8n-nodes-event-bus')` gives to a service that is no workflow. Knows no n8n.
 */
export {
	openEventBus,
	type ConsumeOptions,
	type EventBus,
	type EventBusOptions,
	type EventHandler,
	type PublishedFacts,
	type PublishOptions,
} from './eventBus';
export type { Consumer, DeliveryInfo } from './consumer/types';
export { EventBusError, isEventBusError, type ErrorCode } from './kernel/errors';
export type { Logger } from './kernel/logger';
export * from './event';
