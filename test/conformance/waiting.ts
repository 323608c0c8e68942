/**
 * Waiting with a bound, and the pieces of time that cases are made of.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks at a condition. */
const LOOK_EVERY_MS = 10;

/**
 * Resolves as soon as `condition` holds.
 *
 * @param what continues "… did not happen: "
 * @throws Error after `withinMs`
 */
export async function until(
	what: string,
	condition: () => boolean | Promise<boolean>,
	withinMs = 10_000,
): Promise<void> {
	const late = Date.now() + withinMs;
	while (!(await condition())) {
		if (Date.now() > late) throw new Error(`It did not happen within ${withinMs} ms: ${what}`);
		await sleep(LOOK_EVERY_MS);
	}
}

export async function pause(ms: number): Promise<void> {
	await sleep(ms);
}

/** The numbers 0 to `count` - 1, mapped. */
export function times<T>(count: number, make: (index: number) => T): T[] {
	return Array.from({ length: count }, (_unused, index) => make(index));
}
