/**
 * What of an answer is kept with the saga.
 */
import type { Json } from '../event/envelope';
import { plainJson } from '../event/plainJson';
import { messageOf } from '../kernel/errors';
import type { StepError } from './facts';

/**
 * Largest input, command or answer, bytes of JSON. A fact holds one of them and must fit into one event of 1 MiB with
 * room to spare, and a saga is read as a whole.
 */
export const MAX_KEPT_BYTES = 256 * 1024;
/** Characters. A person reads it in a list; a service that answers with a page has more to say. */
const MAX_MESSAGE = 2000;
/** A fact has its levels around it, and an event 64 in all. */
const MAX_DEPTH = 48;

export type Keepable = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string };

/** The value as plain JSON, or why it cannot be kept. */
export function keepable(value: unknown): Keepable {
	try {
		const plain = plainJson(value ?? null, 'the answer', { maxBytes: MAX_KEPT_BYTES, maxDepth: MAX_DEPTH });
		const bytes = Buffer.byteLength(JSON.stringify(plain));
		if (bytes <= MAX_KEPT_BYTES) return { ok: true, value: plain };
		return { ok: false, problem: `it has ${bytes} bytes, and a saga keeps ${MAX_KEPT_BYTES} of each` };
	} catch (error) {
		return { ok: false, problem: messageOf(error) };
	}
}

/** An error that fits into a fact whatever the service said: what is too large of it is left out. */
export function keptError({ message, code, data }: StepError): StepError {
	const short = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
	const kept = data === undefined ? null : keepable(data);
	return { message: short, code, ...(kept?.ok ? { data: kept.value } : {}) };
}
