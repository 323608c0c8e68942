import { HOSTILE_TEXTS } from '../../../test/trail/hostile';
import { mermaidText } from './mermaidText';

describe('a text in a Mermaid diagram', () => {
	it.each([
		['order.created', 'order.created'],
		['Prüfung 東京', 'Prüfung 東京'],
		['a:b', 'a#58;b'],
		['a;b#c', 'a#59;b#35;c'],
		['"quoted"', '#34;quoted#34;'],
		['<b>', '#60;b#62;'],
		['%%{init}%%', '#37;#37;#123;init#125;#37;#37;'],
		['end', '#101;nd'],
		['The End of it, ending', 'The #69;nd of it, ending'],
		['two\nlines', 'two#92;u000alines'],
		['', ' '],
	])('%j is written as %j', (text, written) => expect(mermaidText(text)).toBe(written));

	it('has nothing that Mermaid, Markdown or HTML reads as more than a letter', () => {
		for (const text of HOSTILE_TEXTS) {
			const withoutCodes = mermaidText(text).replace(/#\d+;/g, '');
			expect(withoutCodes).toMatch(/^[\p{L}\p{N} .,_/…-]*$/u);
			expect(mermaidText(text).length).toBeLessThan(600);
		}
	});
});
