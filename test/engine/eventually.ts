/**
 * Waits for what happens in the background: events travel, runs end.
 */

/** Generous: it only says when to give up, and a shared machine may be slow. */
const GIVE_UP_MS = 15_000;
const LOOK_AGAIN_MS = 10;

/** @throws Error that says what did not happen */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
	const end = Date.now() + GIVE_UP_MS;
	while (!(await condition())) {
		if (Date.now() > end) throw new Error(`It did not happen within ${GIVE_UP_MS / 1000} s: ${what}`);
		await new Promise((tick) => setTimeout(tick, LOOK_AGAIN_MS));
	}
}
