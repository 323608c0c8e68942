import { rabbitmqError, replyCode } from './errors';

/** As the client makes it of a channel that the server closed. */
function closedBy(code: number, text: string): Error {
	const error = new Error(`Operation failed: QueueDeclare; ${code} (SOME-NAME) with message "${text}"`);
	return Object.assign(error, { code });
}

it.each([
	[403, "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'u'", 'auth', /Provision/],
	[403, "ACCESS_REFUSED - exchange name 'amq.x' contains reserved prefix 'amq.*'", 'settings', /amq/],
	[404, "NOT_FOUND - no queue 'q' in vhost '/'", 'not-found', undefined],
	[404, "NOT_FOUND - no exchange 'x' in vhost '/'", 'not-found', undefined],
	[
		404,
		"NOT_FOUND - home node 'a' of durable queue 'q' in vhost '/' is down or inaccessible",
		'unreachable',
		undefined,
	],
	[405, "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q' in vhost '/'", 'unreachable', undefined],
	[406, "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q'", 'conflict', /another name/],
	[406, 'PRECONDITION_FAILED - message size 200 is larger than configured max size 100', 'too-large', /reference/],
	[406, 'PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out', 'closed', /consumer_timeout/],
	[320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'", 'unreachable', undefined],
	[540, 'NOT_IMPLEMENTED - not supported by quorum queues', 'unsupported', undefined],
	[541, 'INTERNAL_ERROR', 'unreachable', undefined],
])('%d %s', (code, text, expected, hint) => {
	const error = rabbitmqError(closedBy(code, text), 'joining');
	expect(error).toMatchObject({ code: expected, message: expect.stringContaining(`(while joining): ${text}`) });
	if (hint) expect(error.hint).toMatch(hint);
});

it.each([
	['Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"', 'auth'],
	['Expected ConnectionOpenOk; got <ConnectionClose channel:0>', 'auth'],
	['SASL mechanism EXTERNAL is not provided by the server', 'settings'],
	['Heartbeat timeout', 'unreachable'],
	['Channel closed', 'unreachable'],
	['connect ETIMEDOUT', 'unreachable'],
	['self-signed certificate in certificate chain', 'auth'],
	['something else', 'bug'],
])('%s', (message, expected) => {
	expect(rabbitmqError(new Error(message), 'connecting').code).toBe(expected);
});

it('knows errors of the system by their code', () => {
	const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5672'), { code: 'ECONNREFUSED' });
	expect(rabbitmqError(error, 'connecting')).toMatchObject({ code: 'unreachable', retryable: true });
	expect(replyCode(error)).toBeNull();
});
