import { HOSTILE_TEXTS } from '../../../../test/trail/hostile';
import { html, jsonIsland, type Content } from './html';

describe('an HTML template', () => {
	it.each<[Content, string]>([
		['<b>', '&lt;b&gt;'],
		['"\'`&', '&quot;&#39;&#96;&amp;'],
		['&lt;', '&amp;lt;'],
		['\u202e', '\\u202e'],
		[3, '3'],
		[0, '0'],
		[null, ''],
		[undefined, ''],
		[false, ''],
		[[html`<i>a</i>`, ' & ', ['<']], '<i>a</i> &amp; &lt;'],
	])('puts %j in as %j', (content, text) => expect(html`<p>${content}</p>`.text).toBe(`<p>${text}</p>`));
});

describe('JSON in a page', () => {
	it('is what it was', () => {
		const { text } = jsonIsland('data', HOSTILE_TEXTS);
		const json = text.replace(/^<script type="application\/json" id="data">/, '').replace(/<\/script>$/, '');
		expect(JSON.parse(json)).toEqual(HOSTILE_TEXTS);
		expect(json).not.toMatch(/[<>&\u2028\u2029]/);
	});
});
