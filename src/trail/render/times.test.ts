import { absoluteTime, clockTime, duration } from './times';

it.each([
	[0, '0 ms'],
	[12.4, '12 ms'],
	[999.6, '1 s'],
	[1250, '1.25 s'],
	[59_940, '59.9 s'],
	[60_000, '1 min'],
	[185_000, '3 min 5 s'],
	[7_800_000, '2 h 10 min'],
	[356_400_000, '4 d 3 h'],
])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

it('tells a time with its zone, and says when it is none', () => {
	expect(absoluteTime(Date.UTC(2026, 1, 27, 10, 30))).toBe('2026-02-27 10:30:00.000 UTC');
	expect(clockTime(Date.UTC(2026, 1, 27, 10, 30, 1, 5))).toBe('10:30:01.005');
	expect(absoluteTime(NaN)).toBe('?');
	expect(clockTime(8.64e15 + 1)).toBe('?');
});
