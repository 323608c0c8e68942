/**
 * A step that is an HTTP service: the data as JSON, and the idempotency key as a header.
 *
 * It carries no credential: a node holds one of a type and may not borrow n8n's own. A service with a login is called from
 * a sub-workflow, where n8n's nodes and credentials are.
 */
import type { IExecuteFunctions, IHttpRequestMethods } from 'n8n-workflow';
import { isJsonObject } from '../../src/event/plainJson';
import { messageOf } from '../../src/kernel/errors';
import { outcomeOfAnswer, outcomeOfNoAnswer, shownTarget } from '../../src/saga/http';
import type { StepCall, StepOutcome } from '../../src/saga/types';
import { isObject } from '../shared/items';
import { text } from '../shared/parameters';

const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'DELETE']);

export async function callHttp(context: IExecuteFunctions, call: StepCall, signal: AbortSignal): Promise<StepOutcome> {
	const command = isJsonObject(call.command) ? call.command : {};
	const method = text(command.method) as IHttpRequestMethods;
	const url = text(command.url);
	const target = shownTarget(method, url);
	if (target === null) return noAddress(call.step, url);
	try {
		const answer: unknown = await context.helpers.httpRequest({
			method,
			url,
			headers: headersOf(call),
			...(WITHOUT_BODY.has(method) ? {} : { body: JSON.stringify(command.data ?? null) }),
			json: false,
			encoding: 'text',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: call.timeoutMs,
			abortSignal: signal,
		});
		return outcomeOfAnswer(call.step, target, answerOf(answer));
	} catch (error) {
		return outcomeOfNoAnswer(call.step, target, codeOf(error), messageOf(error));
	}
}

function headersOf({ saga, idempotencyKey, attempt }: StepCall): Record<string, string> {
	const traceparent = saga.cause?.metadata.traceparent;
	return {
		'Content-Type': 'application/json',
		Accept: 'application/json',
		'Idempotency-Key': encodeURI(idempotencyKey),
		'X-Correlation-Id': encodeURI(saga.correlationId),
		'X-Saga-Attempt': String(attempt),
		...(traceparent === undefined ? {} : { traceparent }),
	};
}

/** n8n types a full response as `any`. */
function answerOf(answer: unknown): { readonly status: number; readonly text: string; readonly contentType: string } {
	const { statusCode, body, headers } = answer as {
		readonly statusCode: number;
		readonly body: unknown;
		readonly headers: Readonly<Record<string, unknown>>;
	};
	const bodyText = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
	return { status: statusCode, text: bodyText, contentType: text(headers['content-type']) };
}

function codeOf(error: unknown): string {
	const { code, cause } =
		isObject(error) || error instanceof Error ? (error as { code?: unknown; cause?: unknown }) : {};
	if (typeof code === 'string') return code;
	return cause === undefined || cause === error ? '' : codeOf(cause);
}

function noAddress(step: string, url: string): StepOutcome {
	const message = `${step}: the URL came out as "${url.slice(0, 100)}", which is no http address`;
	return { as: 'failed', error: { code: 'url', message }, mayRetry: false, mayHaveHappened: false };
}
