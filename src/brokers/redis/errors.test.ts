import { EventBusError } from '../../kernel/errors';
import { endsLink, redisError, replyWord } from './errors';

describe('an answer of Redis', () => {
	it.each([
		['NOAUTH Authentication required.', 'auth', false, false],
		['WRONGPASS invalid username-password pair or user is disabled.', 'auth', false, false],
		['ERR invalid password', 'auth', false, false],
		['NOPERM this user has no permissions to access one of the keys used as arguments', 'auth', false, false],
		['ERR Error running script: NOPERM this user has no permissions to run xadd', 'auth', false, false],
		["OOM command not allowed when used memory > 'maxmemory'.", 'storage', true, false],
		['WRONGTYPE Operation against a key holding the wrong kind of value', 'conflict', false, false],
		["READONLY You can't write against a read only replica.", 'unreachable', true, true],
		['LOADING Redis is loading the dataset in memory', 'unreachable', true, true],
		['UNBLOCKED force unblock from blocking operation', 'unreachable', true, true],
		['TRYAGAIN Multiple keys request during rehashing of slot', 'unreachable', true, false],
		['CLUSTERDOWN Hash slot not served', 'unreachable', true, false],
		['MOVED 3999 127.0.0.1:6381', 'unreachable', true, false],
		["NOGROUP No such key 'x' or consumer group 'y'", 'closed', true, false],
		['ERR syntax error', 'bug', false, false],
	])('%s', (message, code, retryable, ends) => {
		const cause = new Error(message);
		const error = redisError(cause, 'testing');
		expect(error).toMatchObject({ code, retryable });
		expect(error.message).toContain('while testing');
		expect(endsLink(cause, error)).toBe(ends);
	});
});

it.each([
	[Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }), 'unreachable'],
	[Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'auth'],
	[Object.assign(new Error('tlsv13 alert certificate required'), { code: 'ERR_SSL_TLSV13_ALERT' }), 'auth'],
	[new DOMException('The operation was aborted due to timeout', 'TimeoutError'), 'timeout'],
])('a link that breaks: %s', (cause, code) => {
	expect(redisError(cause, 'testing').code).toBe(code);
});

it('an error of ours stays what it is', () => {
	const error = new EventBusError('timeout', 'too late');
	expect(redisError(error, 'testing')).toBe(error);
});

it.each([
	['NOSCRIPT No matching script', 'NOSCRIPT'],
	['ERR unknown command', 'ERR'],
	['ERR NOPERM no permission', 'NOPERM'],
	['Socket closed', ''],
])('the first word of "%s"', (message, word) => {
	expect(replyWord(new Error(message))).toBe(word);
});
