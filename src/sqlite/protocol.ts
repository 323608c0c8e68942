/**
 * What the thread that owns a file and its callers say to each other.
 */
import { EventBusError, type ErrorCode } from '../kernel/errors';

export type Request =
	| {
			readonly kind: 'read' | 'write';
			readonly id: number;
			readonly module: string;
			readonly command: string;
			readonly args: unknown;
			readonly timeoutMs: number;
			/** The caller's clock minus the system's, milliseconds. Not 0 only in tests. */
			readonly skewMs: number;
	  }
	/** Opens the file. The first request, once. */
	| {
			readonly kind: 'open';
			readonly id: number;
			readonly timeoutMs: number;
			/** Openings of the same file by this process whose thread broke. */
			readonly broken: readonly string[];
	  }
	/** Loads a module by the path of its script. */
	| { readonly kind: 'use'; readonly id: number; readonly script: string; readonly timeoutMs: number }
	/** Somebody waits for commits of other processes. */
	| { readonly kind: 'watch'; readonly isOn: boolean }
	| { readonly kind: 'cancel'; readonly id: number }
	/** Finishes what was accepted, gives up what this process holds, and ends the thread. */
	| { readonly kind: 'close' };

export type Report =
	| {
			/** Sent after the commit. Answers first, then topics. */
			readonly kind: 'answers';
			readonly answers: readonly Answer[];
			readonly topics: readonly string[];
	  }
	| { readonly kind: 'foreign-commit' }
	/** A background task went wrong; nobody waits for it. */
	| { readonly kind: 'warning'; readonly error: PackedError };

export type Answer = { readonly id: number } & (
	{ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: PackedError }
);

/** An error as it travels between threads: structured clone would drop the class and its fields. */
export interface PackedError {
	readonly code: ErrorCode;
	readonly message: string;
	readonly hint: string | null;
	readonly retryable: boolean;
	readonly actualVersion: number | null;
	readonly stack: string | null;
}

export function packError(error: EventBusError): PackedError {
	return {
		code: error.code,
		message: error.message,
		hint: error.hint ?? null,
		retryable: error.retryable,
		actualVersion: error.actualVersion ?? null,
		stack: error.stack ?? null,
	};
}

export function unpackError(packed: PackedError): EventBusError {
	const error = new EventBusError(packed.code, packed.message, {
		retryable: packed.retryable,
		...(packed.hint === null ? {} : { hint: packed.hint }),
		...(packed.actualVersion === null ? {} : { actualVersion: packed.actualVersion }),
	});
	if (packed.stack !== null) error.stack = packed.stack;
	return error;
}
