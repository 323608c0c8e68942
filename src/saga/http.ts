/**
 * What the answer of an HTTP service means for a step. Pure.
 */
import type { Json } from '../event/envelope';
import { keepable } from './answer';
import type { StepOutcome } from './types';

export interface HttpAnswer {
	readonly status: number;
	readonly text: string;
	readonly contentType: string;
}

/**
 * Refusals that a later attempt may not meet (RFC 9110, 8470, 6585). By 409 a service says that the request before,
 * with the same key, is still under way.
 */
const TEMPORARY: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/** After these the service may have done it all the same. */
const UNSURE: ReadonlySet<number> = new Set([408, 409]);
/** What of a foreign text is shown, characters. */
const MAX_SHOWN = 300;

/** @param target where it was sent, for messages: without user, password and query */
export function outcomeOfAnswer(step: string, target: string, answer: HttpAnswer): StepOutcome {
	const { status, text, contentType } = answer;
	if (status >= 200 && status < 300) {
		const parsed = parse(text);
		if (parsed.ok) return { as: 'succeeded', result: parsed.value };
		const is = contentType === '' ? 'something' : contentType.split(';')[0];
		return {
			as: 'failed',
			error: {
				code: 'no json',
				message: `${step}: ${target} answered ${status} with ${is} that is no JSON: ${shown(text)}`,
			},
			// It may well have done what was asked, and asking again would get the same answer.
			mayRetry: false,
			mayHaveHappened: true,
		};
	}
	const isServerError = status >= 500;
	const said = parse(text);
	const data = said.ok && keepable(said.value).ok ? { data: said.value } : {};
	return {
		as: 'failed',
		error: { code: `http ${status}`, message: `${step}: ${target} answered ${status}${saying(text)}`, ...data },
		mayRetry: isServerError || TEMPORARY.has(status),
		mayHaveHappened: isServerError || UNSURE.has(status),
	};
}

/** The connection was never made, so nothing has happened. */
const NEVER_SENT: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EHOSTUNREACH',
	'ENETUNREACH',
]);

/** @param code as Node gives it: 'ECONNREFUSED' */
export function outcomeOfNoAnswer(step: string, target: string, code: string, message: string): StepOutcome {
	return {
		as: 'failed',
		error: { code: code || 'no answer', message: `${step}: ${target} did not answer: ${message}` },
		mayRetry: true,
		mayHaveHappened: !NEVER_SENT.has(code),
	};
}

/** The address without what may be secret in it; null: it is none. */
export function shownTarget(method: string, url: string): string | null {
	try {
		const { protocol, host, pathname } = new URL(url);
		return protocol === 'http:' || protocol === 'https:' ? `${method} ${protocol}//${host}${pathname}` : null;
	} catch {
		return null;
	}
}

/** Nothing is an answer without fields. */
function parse(text: string): { readonly ok: true; readonly value: Json } | { readonly ok: false } {
	if (text.trim() === '') return { ok: true, value: {} };
	try {
		return { ok: true, value: JSON.parse(text) as Json };
	} catch {
		return { ok: false };
	}
}

function saying(text: string): string {
	return text.trim() === '' ? '' : `: ${shown(text)}`;
}

function shown(text: string): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}
