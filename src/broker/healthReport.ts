/**
 * How a connection is: one look, timed, whose failure is part of the answer.
 */
import type { EventBusError } from '../kernel/errors';
import type { HealthReport } from './administration';

/**
 * Never rejects.
 *
 * @param detail  of a connection that does not work
 * @param toError of what `look` throws
 */
export async function healthReport(
	detail: string,
	toError: (cause: unknown) => EventBusError,
	look: () => Promise<Omit<HealthReport, 'latencyMs'>>,
): Promise<HealthReport> {
	const startedAt = performance.now();
	const latencyMs = () => Math.round(performance.now() - startedAt);
	try {
		const seen = await look();
		return { ...seen, latencyMs: latencyMs() };
	} catch (cause) {
		return { status: 'down', latencyMs: latencyMs(), detail, error: toError(cause) };
	}
}
