import { closeError, isForbidden, networkError, reasonOf, sendError, statusError } from './errors';

const page = (text: string) => `<html><head><title>Error 500 ${text}</title></head><body>…</body></html>`;
const nested = (text: string) =>
	page(`Failed to create producer/consumer: {&quot;errorMsg&quot;:&quot;${text}&quot;,&quot;reqId&quot;:3}`);

it.each([
	[401, '{"reason":"Authentication required"}', 'auth'],
	[403, '{"reason":"Unauthorized to validateTopicOperation"}', 'auth'],
	[404, '{"reason":"Topic persistent://public/default/x not found"}', 'not-found'],
	[404, '{"reason":"Namespace does not exist"}', 'not-found'],
	[404, nested('Namespace not found'), 'not-found'],
	[409, nested('Subscription is of different type'), 'conflict'],
	[500, page('Cannot create producer on topic with backlog quota exceeded'), 'storage'],
	[500, page('Server error'), 'unreachable'],
	[503, '', 'unreachable'],
	[504, '', 'timeout'],
	[400, page('Invalid query params: x'), 'settings'],
	[405, '', 'unsupported'],
	[412, '{"reason":"Topic has 2 connected producers/consumers"}', 'conflict'],
])('status %d with %s is %s', (status, text, code) => {
	expect(statusError(status, text, 'testing')).toMatchObject({ code });
});

it('names what is missing, and what to do', () => {
	const error = statusError(404, '{"reason":"Tenant does not exist"}', 'publishing');
	expect(error.message).toBe('Pulsar has no such tenant (while publishing): Tenant does not exist (status 404)');
	expect(error.hint).toContain('Tenant');
});

it('tells a login without rights from one that is refused', () => {
	expect(isForbidden(statusError(403, '', 'testing'))).toBe(true);
	expect(isForbidden(statusError(401, '', 'testing'))).toBe(false);
});

it.each([
	['{"reason":"no"}', 'no'],
	[nested('Topic not found'), 'Topic not found'],
	[page('Server error'), '500 Server error'],
	['plain text', 'plain text'],
	['', ''],
])('of %s a person reads "%s"', (text, reason) => {
	expect(reasonOf(text).replace(/^500 /, '')).toBe(reason.replace(/^500 /, ''));
});

it('a frame that is too large is the fault of the message', () => {
	expect(closeError(1009, 'Resulting message size is too large', 'publishing')).toMatchObject({ code: 'too-large' });
	expect(closeError(1006, '', 'publishing')).toMatchObject({ code: 'unreachable' });
});

it.each([
	['The message of 7 MB exceeds the allowed size limit', 'too-large'],
	['Could not send message to broker within given timeout', 'timeout'],
	['Producer is not connected', 'unreachable'],
])('"%s" is %s', (reason, code) => {
	expect(sendError(reason, 'publishing')).toMatchObject({ code });
});

it.each([
	['ECONNREFUSED', 'unreachable'],
	['ENOTFOUND', 'unreachable'],
	['SELF_SIGNED_CERT_IN_CHAIN', 'auth'],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'auth'],
])('%s on the way there is %s', (native, code) => {
	const cause = Object.assign(new Error('native'), { code: native });
	expect(networkError(cause, 'connecting')).toMatchObject({ code, hint: expect.any(String) });
});
