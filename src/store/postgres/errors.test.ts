import { EventBusError } from '../../kernel/errors';
import { commitInDoubt, isCollision, isSchemaGone, postgresError, tooLate } from './errors';

function withCode(code: string, text = 'what the server said'): Error {
	return Object.assign(new Error(text), { code });
}

it.each([
	['28P01', 'auth', false, /user and password/],
	['28000', 'auth', false, /pg_hba/],
	['3D000', 'settings', false, /CREATE DATABASE/],
	['42501', 'auth', false, /Grant/],
	['53300', 'unreachable', true, /Connections/],
	['53100', 'storage', false, /Free space/],
	['53200', 'unreachable', true, /log of the server/],
	['25006', 'storage', false, /primary/],
	['57P01', 'unreachable', true, /Wait/],
	['57P02', 'unreachable', true, /Wait/],
	['57P03', 'unreachable', true, /Wait/],
	['08006', 'unreachable', true, undefined],
	['25P03', 'unreachable', true, undefined],
	['40001', 'timeout', true, undefined],
	['40P01', 'timeout', true, undefined],
	['55P03', 'timeout', true, /pg_stat_activity/],
	['57014', 'timeout', true, /pg_stat_activity/],
	['42P01', 'storage', false, /backup/],
	['3F000', 'storage', false, /backup/],
	['42P07', 'settings', false, /schema of its own/],
	['58030', 'storage', false, undefined],
	['XX001', 'storage', false, /backup/],
	['42601', 'bug', false, undefined],
	['ECONNREFUSED', 'unreachable', true, /host and port/],
	['ECONNRESET', 'unreachable', true, /host and port/],
	['ENOTFOUND', 'unreachable', true, /host and port/],
	['EAI_AGAIN', 'unreachable', true, /host and port/],
	['ETIMEDOUT', 'unreachable', true, /host and port/],
	['ENOENT', 'unreachable', true, /host and port/],
	['SELF_SIGNED_CERT_IN_CHAIN', 'auth', false, /certificates/],
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'auth', false, /certificates/],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'auth', false, /certificates/],
] as const)('%s', (code, expected, retryable, hint) => {
	const error = postgresError(withCode(code), 'appending');
	expect(error).toMatchObject({ code: expected, retryable, message: expect.stringContaining('(while appending)') });
	if (hint) expect(error.hint).toMatch(hint);
});

it.each([
	['Connection terminated unexpectedly', 'unreachable'],
	['Connection terminated', 'unreachable'],
	['Client has encountered a connection error and is not queryable', 'unreachable'],
	['timeout expired', 'unreachable'],
	['timeout exceeded when trying to connect', 'timeout'],
	['The server does not support SSL connections', 'auth'],
	['There was an error establishing an SSL connection', 'auth'],
	['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string', 'auth'],
	["Cannot read properties of undefined (reading 'x')", 'bug'],
])('%s', (text, code) => expect(postgresError(new Error(text), 'testing').code).toBe(code));

it('looks into an attempt at several addresses', () => {
	const several = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')], '');
	expect(postgresError(several, 'connecting').code).toBe('unreachable');
});

it('leaves an error of ours as it is', () => {
	const ours = new EventBusError('version-conflict', 'Stream order-1 is at version 3');
	expect(postgresError(ours, 'appending')).toBe(ours);
});

it('says of a commit without an answer that it may have happened, and what to do', () => {
	for (const error of [commitInDoubt(new Error('cut')), tooLate('appending')]) {
		expect(error.retryable).toBe(true);
		expect(`${error.message} ${error.hint ?? ''}`).toMatch(/may have been stored.*same ids/);
	}
	expect(commitInDoubt(new Error('cut')).code).toBe('unreachable');
});

it('knows what is worth another try, and what does not heal', () => {
	expect(isCollision(postgresError(withCode('40P01'), 'x'))).toBe(true);
	expect(isCollision(withCode('57P01'))).toBe(false);
	expect(isSchemaGone(postgresError(withCode('42P01'), 'x'))).toBe(true);
	expect(isSchemaGone(postgresError(withCode('ECONNRESET'), 'x'))).toBe(false);
	expect(isSchemaGone(new Error('cut'))).toBe(false);
});
