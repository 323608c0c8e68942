import { toEventBusError, type EventBusError } from '../../src/kernel/errors';

/** The error that some work ends with. @throws Error when it succeeds */
export async function errorOf(work: Promise<unknown>): Promise<EventBusError> {
	const outcome = await work.then(
		() => null,
		(error: unknown) => toEventBusError(error, 'testing'),
	);
	if (outcome === null) throw new Error('It succeeded');
	return outcome;
}
