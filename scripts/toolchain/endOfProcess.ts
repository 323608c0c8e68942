/**
 * The ways in which a script is asked to end: Ctrl+C, a signal, or the loss of the process that started it.
 */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @param act called at each of them with the exit code that is due; ending the process is its task */
export function whenAskedToEnd(act: (exitCode: number) => void): void {
	for (const signal of SIGNALS) {
		process.on(signal, () => {
			act(128 + constants.signals[signal]);
		});
	}
	if (!process.connected) return;
	// Nobody reads our output any more; what we started must not outlive us.
	process.once('disconnect', () => {
		act(1);
	});
	// Waiting for the end of the parent is no reason to stay.
	process.channel?.unref();
}
