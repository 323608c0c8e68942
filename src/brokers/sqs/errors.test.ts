import type { ErrorCode } from '../../kernel/errors';
import { awsError, endsLogin, entryError, isStaleReceipt } from './errors';

function thrown(name: string, message = 'as AWS says it', more: object = {}): Error {
	return Object.assign(new Error(message), { name, ...more });
}

describe('an error of AWS', () => {
	it.each<[string, Error, ErrorCode, RegExp]>([
		[
			'no right',
			thrown('AccessDeniedException', 'not authorized to perform: sqs:CreateQueue'),
			'auth',
			/sqs:CreateQueue/,
		],
		['no right on SNS', thrown('AuthorizationErrorException'), 'auth', /denies/],
		['an unknown key', thrown('InvalidClientTokenId'), 'auth', /access key/],
		[
			'a refusal that cannot be read',
			thrown('SyntaxError', 'x', { $metadata: { httpStatusCode: 403 } }),
			'auth',
			/refuses/,
		],
		['a wrong secret', thrown('SignatureDoesNotMatch'), 'auth', /signature/],
		['an old session', thrown('ExpiredTokenException'), 'auth', /expired/],
		['no login at all', thrown('CredentialsProviderError'), 'auth', /No login/],
		['no queue', thrown('QueueDoesNotExist'), 'not-found', /queue/],
		['no queue, as it was called before', thrown('AWS.SimpleQueueService.NonExistentQueue'), 'not-found', /queue/],
		['no topic', thrown('NotFoundException'), 'not-found', /topic/],
		['a queue that is going', thrown('QueueDeletedRecently'), 'unreachable', /deleted/],
		['other settings', thrown('QueueNameExists'), 'conflict', /other settings/],
		['too many requests', thrown('ThrottlingException'), 'unreachable', /fewer requests/],
		['a fault of AWS', thrown('Strange', 'x', { $metadata: { httpStatusCode: 503 } }), 'unreachable', /at the moment/],
		[
			'a message too large',
			thrown('InvalidParameterValue', 'must be shorter than 262144 bytes'),
			'too-large',
			/larger/,
		],
		['no encryption', thrown('KMSAccessDeniedException'), 'auth', /encrypts/],
		['nobody there', thrown('Error', 'x', { code: 'ECONNREFUSED' }), 'unreachable', /ECONNREFUSED/],
		[
			'a region that is none',
			thrown('Error', 'getaddrinfo ENOTFOUND sqs.eu-wst-1', { code: 'ENOTFOUND' }),
			'unreachable',
			/eu-wst-1/,
		],
		[
			'a wrapped error',
			thrown('Error', 'AWS SDK error wrapper for Error: read ECONNRESET'),
			'unreachable',
			/ECONNRESET/,
		],
		['silence', thrown('TimeoutError'), 'unreachable', /in time/],
		['a private authority', thrown('Error', 'x', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'auth', /TLS/],
		['a surprise', thrown('SomethingNew'), 'bug', /SomethingNew/],
	])('%s', (_what, cause, code, text) => {
		const error = awsError(cause, 'testing');
		expect(error.code).toBe(code);
		expect(error.message).toMatch(text);
		expect(error.message).toContain('while testing');
	});

	it('never shows the request that should have been signed, which holds the session token', () => {
		const error = awsError(thrown('SignatureDoesNotMatch', 'x-amz-security-token:TOKEN'), 'testing');
		expect(error.message).not.toContain('TOKEN');
		expect(error.cause).toBeUndefined();
	});

	it('ends the connection only when the login is refused', () => {
		expect(endsLogin(thrown('ExpiredToken'))).toBe(true);
		expect(endsLogin(thrown('AccessDenied'))).toBe(false);
	});

	it('of an entry of a batch is told the same way', () => {
		expect(entryError({ Code: 'InvalidParameterValue', Message: 'Message too long' }, 'testing').code).toBe(
			'too-large',
		);
		expect(entryError({}, 'testing').code).toBe('unreachable');
	});

	it.each([
		[{ Code: 'ReceiptHandleIsInvalid' }, true],
		[
			{
				Code: 'InvalidParameterValue',
				Message: 'Message does not exist or is not available for visibility timeout change',
			},
			true,
		],
		[{ Code: 'InvalidParameterValue', Message: 'Total VisibilityTimeout for the message is beyond the limit' }, false],
		[{ Code: 'InternalError' }, false],
	])('%j means the lease is lost: %s', (entry, expected) => {
		expect(isStaleReceipt(entry)).toBe(expected);
	});
});
