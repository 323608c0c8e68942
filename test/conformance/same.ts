/**
 * Equality of plain data.
 */
import assert from 'node:assert/strict';

/**
 * By value alone: data that came from another thread has other prototypes, which Node's own deepEqual minds.
 */
export function assertSame(actual: unknown, expected: unknown, message?: string): void {
	assert.deepEqual(plain(actual), plain(expected), message);
}

function plain(value: unknown): unknown {
	return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
