/**
 * Time as a dependency, so that policies can be tested without waiting.
 */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number;
	/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
	sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Node clamps longer timers to 1 ms, so a longer sleep is taken in pieces. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
	now: () => Date.now(),
	async sleep(ms, signal) {
		const until = Date.now() + ms;
		do {
			await sleepOnce(Math.min(Math.max(0, until - Date.now()), MAX_TIMER_MS), signal);
		} while (Date.now() < until);
	},
};

async function sleepOnce(ms: number, signal: AbortSignal): Promise<void> {
	signal.throwIfAborted();
	await new Promise<void>((resolve, reject) => {
		const onAbort = () => {
			clearTimeout(timer);
			reject(signal.reason as Error);
		};
		const timer = setTimeout(() => {
			signal.removeEventListener('abort', onAbort);
			resolve();
		}, ms);
		signal.addEventListener('abort', onAbort, { once: true });
	});
}
