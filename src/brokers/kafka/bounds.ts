/**
 * Bounds on waiting: every call of the seam has one, and the library knows none.
 */
import type { CallOptions } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

/**
 * The work's result, unless the time is up or the signal aborts first; the work itself goes on.
 *
 * @throws EventBusError `timeout`, or the signal's reason
 */
export async function bounded<T>(work: Promise<T>, { signal, timeoutMs }: CallOptions, doing: string): Promise<T> {
	signal.throwIfAborted();
	let timer: NodeJS.Timeout | undefined;
	let onAbort: (() => void) | undefined;
	const cut = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => {
			reject(new EventBusError('timeout', `Kafka did not answer within ${timeoutMs} ms while ${doing}`));
		}, timeoutMs);
		onAbort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', onAbort, { once: true });
	});
	try {
		return await Promise.race([work, cut]);
	} finally {
		clearTimeout(timer);
		if (onAbort) signal.removeEventListener('abort', onAbort);
		// Whoever comes too late is not listened to.
		work.catch(() => undefined);
	}
}

/** Something that may be waited for and happens again and again. */
export class Bell {
	private next = Promise.withResolvers<void>();

	ring(): void {
		const { resolve } = this.next;
		this.next = Promise.withResolvers<void>();
		resolve();
	}

	/** Resolves at the next ring, or after that many milliseconds. */
	async wait(atMostMs: number): Promise<void> {
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, Math.max(0, atMostMs));
		});
		await Promise.race([this.next.promise, late]);
		clearTimeout(timer);
	}
}
