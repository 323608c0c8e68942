import { executionLink } from './options';

describe('the link to an execution', () => {
	it.each([
		['http://127.0.0.1:5678', 'w1', '7', 'http://127.0.0.1:5678/workflow/w1/executions/7'],
		['https://n8n.example.com/base/', 'w1', '7', 'https://n8n.example.com/base/workflow/w1/executions/7'],
		[
			'https://n8n.example.com',
			'a/../b',
			'"><script>',
			'https://n8n.example.com/workflow/a%2F..%2Fb/executions/%22%3E%3Cscript%3E',
		],
		['https://user:secret@n8n.example.com/?key=1#x', 'w', '1', 'https://n8n.example.com/workflow/w/executions/1'],
		['javascript:alert(1)//', 'w1', '7', undefined],
		['data:text/html,x', 'w1', '7', undefined],
		['n8n.example.com', 'w1', '7', undefined],
		[undefined, 'w1', '7', undefined],
		['http://127.0.0.1', null, '7', undefined],
		['http://127.0.0.1', 'w1', null, undefined],
	])('at %j for %j and %j is %j', (n8nUrl, workflowId, executionId, link) => {
		expect(executionLink(n8nUrl, workflowId, executionId)).toBe(link);
	});

	it('replaces half a character', () => {
		expect(executionLink('http://127.0.0.1', '\ud800', '1')).toBe('http://127.0.0.1/workflow/%EF%BF%BD/executions/1');
	});
});
