/**
 * Which events must stay in order among themselves.
 */
import type { EventEnvelope } from './envelope';

/** The key given by the publisher, else the entity the event is about, else the story it belongs to. */
export function orderingKeyOf(event: EventEnvelope): string {
	return event.metadata.ordering_key ?? event.subject ?? event.metadata.correlation_id;
}
