import fc from 'fast-check';
import { isTimestamp, MAX_LENGTH, textProblem } from './limits';

it.each([
	['2026-02-27T10:30:00Z', true],
	['2026-02-27T10:30:00.123456789+05:30', true],
	['2024-02-29T00:00:00Z', true],
	['0000-12-31T23:59:59-23:59', true],
	['2026-02-29T00:00:00Z', false],
	['2026-04-31T00:00:00Z', false],
	['1900-02-29T00:00:00Z', false],
	['2026-13-01T00:00:00Z', false],
	['2026-02-27T24:00:00Z', false],
	['2016-12-31T23:59:60Z', false],
	['2026-02-27T10:30:00', false],
	['2026-02-27 10:30:00Z', false],
	['2026-02-27T10:30:00.Z', false],
	['2026-02-27T10:30Z', false],
	['2026-02-27', false],
	['1740652200000', false],
	['yesterday', false],
	['', false],
])('judges whether %p is a date and time with a time zone: %p', (text, expected) => {
	expect(isTimestamp(text)).toBe(expected);
});

it('takes every time that JavaScript writes for a year of four digits', () => {
	const date = fc.date({
		min: new Date('0000-01-01T00:00:00Z'),
		max: new Date('9999-12-31T23:59:59Z'),
		noInvalidDate: true,
	});
	fc.assert(fc.property(date, (when) => isTimestamp(when.toISOString())));
});

it.each([
	['as long as allowed', 'x'.repeat(MAX_LENGTH.subject), null],
	['one character too long', 'x'.repeat(MAX_LENGTH.subject + 1), 'is longer than 500 characters'],
	['emoji that count once each', '😀'.repeat(MAX_LENGTH.subject), null],
	['a line break', 'a\r\nb', 'contains a control character'],
	['a NUL', 'a\u0000', 'contains a control character'],
	['half an emoji', '\ud83d', 'contains half a character (a surrogate without its partner)'],
])('judges a subject that is %s', (_name, value, problem) => {
	expect(textProblem('subject', value)).toBe(problem);
});
