/**
 * How set-up steps tell what they do: one short line each, and a sign of life while something takes minutes.
 */

/** Takes one line, without its line break. */
export type Log = (line: string) => void;

/** A set-up step that cannot go on. The message is for the person who started it, so it is shown without a stack. */
export class SetupError extends Error {
	override readonly name = 'SetupError';
}

/** Long enough not to be noise, short enough that nobody thinks it hangs. */
const STILL_WORKING_MS = 20_000;

export const consoleLog: Log = (line) => {
	console.log(line);
};

/** Runs `work`, says what it is, that it still goes on, and how long it took. */
export async function step<T>(log: Log, title: string, work: () => Promise<T>): Promise<T> {
	const startedAt = Date.now();
	log(`· ${title} …`);
	const stillWorking = setInterval(() => {
		log(`  still working (${duration(Date.now() - startedAt)})`);
	}, STILL_WORKING_MS);
	try {
		const result = await work();
		log(`  done in ${duration(Date.now() - startedAt)}`);
		return result;
	} finally {
		clearInterval(stillWorking);
	}
}

/** '0.4 s', '12 s', '3 min 05 s'. */
export function duration(ms: number): string {
	if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return `${seconds} s`;
	return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
