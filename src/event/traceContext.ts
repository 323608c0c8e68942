/**
 * W3C Trace Context (level 1): which trace an event belongs to.
 *
 * An event is a span: its parent is the event that caused it. Invalid values are ignored, as the standard demands.
 */
import { randomHex } from './randomHex';

export interface TraceContext {
	/** 32 hex digits. */
	readonly traceId: string;
	/** 16 hex digits: the span that sent it. */
	readonly spanId: string;
	readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0x01;

/** null: not a valid traceparent. */
export function parseTraceparent(text: string): TraceContext | null {
	const found = TRACEPARENT.exec(text);
	if (!found) return null;
	const [, version = '', traceId = '', spanId = '', flags = '', rest] = found;
	// Version ff is invalid for ever, and only a later version than 00 may have more fields.
	if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
	if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
	return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/**
 * The traceparent of an event: a new span in its cause's trace, or the first span of a new trace.
 *
 * A new trace is marked sampled, because a later service that follows its parent's decision would otherwise never record
 * it. A trace somebody else began keeps that decision.
 *
 * @param cause the traceparent of the causing event
 */
export function continueTrace(cause: string | undefined): string {
	const context = cause === undefined ? null : parseTraceparent(cause);
	const traceId = context?.traceId ?? randomHex(16);
	const spanId = randomHex(8);
	return `00-${traceId}-${spanId}-${(context?.sampled ?? true) ? '01' : '00'}`;
}
