import { checkName } from '../../src/broker/names';
import { defaultGroup } from './defaultGroup';

describe('the default group', () => {
	it('shows the ids of the workflow and the node', () => {
		const group = defaultGroup('Xk3vQm81LsPz0aBc', '6f2d1c3a-9a51-4a1b-8f60-27b4c1e0a9d2');
		expect(group).toBe('Xk3vQm81LsPz0aBc.6f2d1c3a-9a51-4a1b-8f60-27b4c1e0a9d2');
	});

	it.each([
		['wf', 'node with blanks'],
		['w'.repeat(40), 'n'.repeat(40)],
		[undefined, ''],
	])('is a valid name for workflow %j and node %j', (workflowId, nodeId) => {
		const group = defaultGroup(workflowId, nodeId);
		expect(checkName('consumer group', group)).toBe(group);
	});

	it('differs between two triggers of one workflow', () => {
		expect(defaultGroup('wf', 'node a')).not.toBe(defaultGroup('wf', 'node b'));
	});
});
