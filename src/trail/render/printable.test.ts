import { HOSTILE_TEXTS } from '../../../test/trail/hostile';
import { cut, printable } from './printable';

describe('a printable text', () => {
	it.each([
		['order.created', 'order.created'],
		['Bestellung für Zoë 東京 🎉', 'Bestellung für Zoë 東京 🎉'],
		['a\tb', 'a\tb'],
		['a\nb', 'a\\u000ab'],
		['\u202egnp.exe', '\\u202egnp.exe'],
		['zero\u200bwidth', 'zero\\u200bwidth'],
		['line\u2028separator', 'line\\u2028separator'],
		['nul\u0000', 'nul\\u0000'],
		['half \ud83d', 'half \\ud83d'],
		['\ufeffmark', '\\ufeffmark'],
	])('%j is shown as %j', (text, shown) => expect(printable(text)).toBe(shown));

	it('keeps lines where it may have them', () => expect(printable('a\nb\r', true)).toBe('a\nb\\u000d'));

	it('stays as it is when it is made printable again', () => {
		for (const text of HOSTILE_TEXTS) expect(printable(printable(text))).toBe(printable(text));
	});
});

describe('a cut text', () => {
	it.each([
		['short', 5, 'short'],
		['longer', 5, 'long…'],
		['🎉🎉🎉🎉', 3, '🎉🎉…'],
		['🎉🎉🎉', 3, '🎉🎉🎉'],
		['', 3, ''],
	])('%s at %d is %s', (text, most, shown) => expect(cut(text, most)).toBe(shown));
});
