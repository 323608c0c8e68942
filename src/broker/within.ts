import type { CallOptions } from './types';

/** For a call that nobody but the clock ends. @param timeoutMs of the whole call, milliseconds */
export function within(timeoutMs: number): CallOptions {
	return { signal: AbortSignal.timeout(timeoutMs), timeoutMs };
}
