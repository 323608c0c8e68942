/**
 * The event room's public names.
 */
export { createEvent, type CreateContext, type EventDraft } from './createEvent';
export { decodeMessage, encodeEvent, type Decoded, type Origin, type WireFormat } from './codec';
export { EVENT_BUS_CONTENT_TYPE } from './contentType';
export type { EventEnvelope, EventMetadata, Json } from './envelope';
export { FOREIGN_EVENT_TYPE } from './foreignMessage';
export { HEADER } from './headers';
export { derivedEventId, newCorrelationId, newEventId, timeOfEventId } from './ids';
export { DEFAULT_LIMITS, type EventLimits } from './limits';
export { orderingKeyOf } from './orderingKey';
export { compilePayloadSchema, type PayloadCheck } from './payloadSchema';
export { checkEnvelope, parseEnvelope, type Completion, type EnvelopeResult } from './parseEnvelope';
export { continueTrace, parseTraceparent, type TraceContext } from './traceContext';
export {
	checkEventType,
	checkEventVersion,
	checkTypePatterns,
	isEventType,
	isPattern,
	matcherOf,
	type EventMatcher,
} from './typePattern';
/** JSON Schema of the envelope, as services in other languages use it. */
export { default as envelopeSchema } from './envelope.schema.json';
