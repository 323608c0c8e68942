import { continueTrace, parseTraceparent } from './traceContext';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it.each([
	['version 00', `00-${TRACE}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, sampled: true }],
	['not sampled', `00-${TRACE}-${SPAN}-00`, { traceId: TRACE, spanId: SPAN, sampled: false }],
	['other flags', `00-${TRACE}-${SPAN}-03`, { traceId: TRACE, spanId: SPAN, sampled: true }],
	[
		'a later version with more fields',
		`cc-${TRACE}-${SPAN}-01-what-comes`,
		{ traceId: TRACE, spanId: SPAN, sampled: true },
	],
	['version ff', `ff-${TRACE}-${SPAN}-01`, null],
	['version 00 with more fields', `00-${TRACE}-${SPAN}-01-x`, null],
	['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`, null],
	['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`, null],
	['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, null],
	['too short', `00-${TRACE}-${SPAN}`, null],
	['nothing', '', null],
])('reads a traceparent: %s', (_name, text, expected) => {
	expect(parseTraceparent(text)).toEqual(expected);
});

it('continues a trace with a new span and the decision to sample', () => {
	for (const flags of ['00', '01']) {
		const next = continueTrace(`00-${TRACE}-${SPAN}-${flags}`);
		expect(next).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${flags}$`));
		expect(parseTraceparent(next)?.spanId).not.toBe(SPAN);
	}
});

it.each([undefined, '', 'garbage', `00-${'0'.repeat(32)}-${SPAN}-01`])(
	'begins a new trace when the cause has %p',
	(cause) => {
		const first = parseTraceparent(continueTrace(cause));
		const second = parseTraceparent(continueTrace(cause));
		expect(first).toMatchObject({ sampled: true });
		expect(first?.traceId).not.toBe(second?.traceId);
	},
);
