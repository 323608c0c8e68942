import { endsLogin, existsAlready, googleError, isForbidden, isMissing } from './errors';

/** As gRPC throws it. */
function failure(code: number | undefined, message: string): Error {
	return Object.assign(new Error(message), code === undefined ? {} : { code });
}

it.each([
	[
		'a topic that is missing',
		failure(5, '5 NOT_FOUND: Resource not found (resource=orders).'),
		'not-found',
		'Provision',
	],
	[
		'an unknown project',
		failure(5, '5 NOT_FOUND: Requested project not found or user does not have access to it'),
		'not-found',
		'Project ID',
	],
	['a missing right', failure(7, '7 PERMISSION_DENIED: User not authorized to perform this action.'), 'auth', 'role'],
	[
		'an API that is off',
		failure(7, '7 PERMISSION_DENIED: Cloud Pub/Sub API has not been used in project 1 before'),
		'auth',
		'Enable',
	],
	[
		'a refused token',
		failure(16, '16 UNAUTHENTICATED: Request had invalid authentication credentials.'),
		'auth',
		'key is whole',
	],
	['a deleted key', failure(undefined, 'invalid_grant: Invalid JWT Signature.'), 'auth', 'key is whole'],
	['a key that is no key', failure(undefined, 'error:1E08010C:DECODER routines::unsupported'), 'auth', 'key is whole'],
	[
		'no login at all',
		failure(undefined, 'Could not load the default credentials. Browse to …'),
		'auth',
		'workload identity',
	],
	['a server that is away', failure(14, '14 UNAVAILABLE: No connection established.'), 'unreachable', 'endpoint'],
	[
		'an unknown authority',
		failure(14, '14 UNAVAILABLE: No connection established. Last error: self-signed certificate'),
		'auth',
		'CA Certificate',
	],
	['a used-up quota', failure(8, '8 RESOURCE_EXHAUSTED: Quota exceeded'), 'unreachable', 'quota'],
	[
		'a large request',
		failure(3, '3 INVALID_ARGUMENT: The value for message_count is too large'),
		'too-large',
		'reference',
	],
	['a wrong value', failure(3, '3 INVALID_ARGUMENT: bad filter'), 'settings', 'Change'],
	['a push subscription', failure(9, '9 FAILED_PRECONDITION: Subscription is not a pull one'), 'conflict', 'push'],
	['what an emulator cannot do', failure(12, '12 UNIMPLEMENTED: Seek'), 'unsupported', 'emulator'],
	['a surprise', failure(undefined, 'x is undefined'), 'bug', undefined],
])('%s', (_what, cause, code, hint) => {
	const error = googleError(cause, 'publishing to orders');
	expect(error.code).toBe(code);
	expect(error.message).toContain('while publishing to orders');
	if (hint === undefined) expect(error.hint).toBeUndefined();
	else expect(error.hint).toContain(hint);
});

it('a refused login ends the connection, a missing right does not', () => {
	expect(endsLogin(failure(16, '16 UNAUTHENTICATED: …'))).toBe(true);
	expect(endsLogin(failure(undefined, 'invalid_grant'))).toBe(true);
	expect(endsLogin(failure(7, '7 PERMISSION_DENIED: …'))).toBe(false);
});

it('tells apart what can be helped', () => {
	const told = (code: number) => googleError(failure(code, 'x'), 'testing');
	expect([isMissing(told(5)), isForbidden(told(7)), existsAlready(told(6))]).toEqual([true, true, true]);
	expect([isMissing(told(7)), isForbidden(told(5)), existsAlready(told(5))]).toEqual([false, false, false]);
});
