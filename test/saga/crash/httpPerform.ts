/**
 * A step as an HTTP request.
 */
import type { Json } from '../../../src/event/envelope';
import { messageOf } from '../../../src/kernel/errors';
import type { StepCall, StepOutcome } from '../../../src/saga/types';
import type { Request } from './httpService';

export async function performByHttp(url: string, call: StepCall, signal: AbortSignal): Promise<StepOutcome> {
	const { step, direction, command, idempotencyKey, saga } = call;
	const request: Request = { sagaId: saga.id, place: direction === 'undo' ? `undo ${step}` : step, command };
	try {
		const response = await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
			body: JSON.stringify(request),
			signal,
		});
		const body = (await response.json()) as Json;
		if (response.ok) return { as: 'succeeded', result: body };
		const error = { code: `http ${response.status}`, message: `${step} was declined`, data: body };
		return { as: 'failed', error, mayRetry: response.status >= 500, mayHaveHappened: response.status >= 500 };
	} catch (cause) {
		const error = { code: 'connection', message: messageOf(cause) };
		return { as: 'failed', error, mayRetry: true, mayHaveHappened: true };
	}
}
