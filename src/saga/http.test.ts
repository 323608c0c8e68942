import { outcomeOfAnswer, outcomeOfNoAnswer, shownTarget } from './http';

const answer = (status: number, text = '{}', contentType = 'application/json') =>
	outcomeOfAnswer('pay', 'POST http://pay/charge', { status, text, contentType });

describe('an answer', () => {
	it.each([
		[200, '{"id":1}', { id: 1 }],
		[201, '[1,2]', [1, 2]],
		[204, '', {}],
		[200, 'null', null],
	])('of %i with %j is a result', (status, text, result) => {
		expect(answer(status, text)).toEqual({ as: 'succeeded', result });
	});

	it('of 200 that is no JSON may have done it, and asking again is of no use', () => {
		expect(answer(200, '<h1>Hi</h1>', 'text/html; charset=utf-8')).toEqual({
			as: 'failed',
			error: {
				code: 'no json',
				message: 'pay: POST http://pay/charge answered 200 with text/html that is no JSON: <h1>Hi</h1>',
			},
			mayRetry: false,
			mayHaveHappened: true,
		});
	});

	it.each([
		[302, false, false],
		[400, false, false],
		[401, false, false],
		[402, false, false],
		[404, false, false],
		[422, false, false],
		[408, true, true],
		[409, true, true],
		[425, true, false],
		[429, true, false],
		[500, true, true],
		[503, true, true],
	])('of %i may be tried again: %s, and may have had its effect: %s', (status, mayRetry, mayHaveHappened) => {
		expect(answer(status)).toMatchObject({
			as: 'failed',
			mayRetry,
			mayHaveHappened,
			error: { code: `http ${status}` },
		});
	});

	it('that refuses keeps what the service said', () => {
		expect(answer(402, '{"reason":"declined"}')).toMatchObject({ error: { data: { reason: 'declined' } } });
		expect(answer(402, 'no money')).toMatchObject({ error: { message: expect.stringContaining(': no money') } });
	});

	it('is shown in short', () => {
		const outcome = answer(500, 'x'.repeat(10_000));
		expect(outcome.as === 'failed' && outcome.error.message.length).toBeLessThan(400);
	});
});

it.each([
	['ECONNREFUSED', false],
	['ENOTFOUND', false],
	['ECONNRESET', true],
	['ETIMEDOUT', true],
	['', true],
])('without an answer (%s) the step is tried again, and may have had its effect: %s', (code, mayHaveHappened) => {
	expect(outcomeOfNoAnswer('pay', 'POST http://pay/', code, 'why')).toMatchObject({ mayRetry: true, mayHaveHappened });
});

it.each([
	['http://user:secret@pay.test/charge?token=abc#x', 'POST http://pay.test/charge'],
	['https://pay.test:8443/', 'POST https://pay.test:8443/'],
	['ftp://pay.test/', null],
	['payments', null],
	['', null],
])('shows %s without what may be secret', (url, shown) => {
	expect(shownTarget('POST', url)).toBe(shown);
});
