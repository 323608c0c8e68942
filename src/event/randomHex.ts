/**
 * Random digits for ids. They are drawn in advance, because asking the system for a few takes longer than all the rest of an
 * event.
 */
import { randomFillSync } from 'node:crypto';

const POOL = Buffer.alloc(4096);
let used = POOL.length;

/**
 * Good for ids, not for secrets: what was handed out stays in memory.
 *
 * @param bytes at most 4096
 * @returns two hex digits for each byte
 */
export function randomHex(bytes: number): string {
	if (used + bytes > POOL.length) {
		randomFillSync(POOL);
		used = 0;
	}
	used += bytes;
	return POOL.toString('hex', used - bytes, used);
}
