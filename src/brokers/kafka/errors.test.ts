/**
 * What Kafka and its client say, and what a person reads of it.
 */
import { kafkaError, mayPass } from './errors';
import { ClosedAtOnceError, LinkClosedError } from './linkErrors';
import { CODE, KafkaError } from './protocol';

const named = (name: string, message: string) => Object.assign(new Error(message), { name });
const failed = (message: string) => named('KafkaJSConnectionError', `Connection error: ${message}`);

it.each<[string, unknown, string, RegExp, boolean]>([
	['an unknown topic', new KafkaError(CODE.unknownTopic, 'topic x'), 'not-found', /Provision/, false],
	['a large message', new KafkaError(CODE.messageTooLarge, 'topic x'), 'too-large', /max.message.bytes/, false],
	['a right that lacks', new KafkaError(CODE.topicAuthorization, 'topic x'), 'auth', /kafka-acls/, false],
	[
		'a foreign group',
		new KafkaError(CODE.inconsistentProtocol, 'group x'),
		'conflict',
		/another consumer group/,
		false,
	],
	['a leader that moves', new KafkaError(CODE.notLeader, 'topic x'), 'unreachable', /^$/, true],
	['a full disk', new KafkaError(CODE.kafkaStorage, 'topic x'), 'storage', /^$/, true],
	['an unknown code', new KafkaError(999, 'topic x'), 'bug', /^$/, false],
	['nobody at the address', failed('connect ECONNREFUSED'), 'unreachable', /advertised.listeners/, true],
	['a server that hangs', named('KafkaJSRequestTimeoutError', 'late'), 'unreachable', /advertised.listeners/, true],
	['a link that we closed', new LinkClosedError(), 'unreachable', /advertised.listeners/, true],
	['a port of another kind', new ClosedAtOnceError(new Error('reset')), 'unreachable', /Use TLS and a Login/, true],
	['a private authority', failed('self-signed certificate in certificate chain'), 'auth', /CA Certificate/, false],
	['another name', failed("Hostname/IP does not match certificate's altnames"), 'auth', /Server Name/, false],
	['an old certificate', failed('certificate has expired'), 'auth', /Renew/, false],
	['no certificate of ours', failed('alert certificate required:SSL alert number 116'), 'auth', /Client Cert/, false],
	['a wrong password', named('KafkaJSSASLAuthenticationError', 'SASL PLAIN failed'), 'auth', /password/, false],
	[
		'a login where none is taken',
		named('KafkaJSProtocolError', 'Request is not valid given the current SASL state'),
		'auth',
		/Login None/,
		false,
	],
	['anything else', new TypeError('x is not a function'), 'bug', /^$/, false],
])('%s', (_says, cause, code, hint, passes) => {
	const error = kafkaError(cause, 'testing');
	expect(error).toMatchObject({ code, cause });
	expect(error.hint ?? '').toMatch(hint);
	expect(error.message).toContain('while testing');
	expect(mayPass(cause)).toBe(passes);
});
