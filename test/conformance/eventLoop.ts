/**
 * How long this process stood still.
 */
import { pause } from './waiting';

const LOOK_EVERY_MS = 2;

/** @returns the longest time in which no timer ran, milliseconds, while `work` went on */
export async function longestPauseDuring(work: () => Promise<void>): Promise<number> {
	let longest = 0;
	let last = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		longest = Math.max(longest, now - last - LOOK_EVERY_MS);
		last = now;
	}, LOOK_EVERY_MS);
	try {
		await work();
		// So that a pause at the very end is seen, too.
		await pause(2 * LOOK_EVERY_MS);
	} finally {
		clearInterval(timer);
	}
	return Math.round(longest);
}
