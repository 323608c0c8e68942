/**
 * Parameters that name what is in an event store.
 */
import { locator } from './locator';

export const streamLocator = locator({
	displayName: 'Stream',
	name: 'stream',
	description: 'The events of one thing, in order. The part before the first dash is its category.',
	placeholder: 'e.g. order-{{ $json.order_id }}',
	searchListMethod: 'searchStreams',
});

export const readModelLocator = locator({
	displayName: 'Read Model',
	name: 'readModel',
	description: 'A collection of documents that answers questions',
	placeholder: 'e.g. orders',
	searchListMethod: 'searchReadModels',
});

export const subscriptionLocator = locator({
	displayName: 'Subscription',
	name: 'subscription',
	description: 'What an Event Store Trigger reads with. Get Many lists them.',
	placeholder: 'e.g. orders-projection',
	searchListMethod: 'searchSubscriptions',
});
