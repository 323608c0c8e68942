import { renderMatrix, type BrokerMatrix } from './matrix';

const memory: BrokerMatrix = {
	kind: 'memory',
	label: 'Memory',
	rows: [
		{ number: 1, name: 'publish_subscribe', says: 'receives what was published', result: 'passed', ms: 12 },
		{ number: null, name: 'crash', says: 'survives', result: 'skipped', reason: 'Memory lives in one process' },
	],
};
const other: BrokerMatrix = {
	kind: 'other',
	label: 'Other',
	rows: [{ number: 1, name: 'publish_subscribe', says: 'receives what was published', result: 'failed', ms: 9 }],
};

describe('the matrix', () => {
	it('has a row a case, a column a broker, and says why a broker skips a case', () => {
		const lines = renderMatrix([memory, other]).split('\n');
		expect(lines).toContain('| Case | What it shows | Memory | Other |');
		expect(lines).toContain('| 1 `publish_subscribe` | receives what was published | ✓ | ✗ |');
		expect(lines).toContain('| `crash` | survives | – |  |');
		expect(lines).toContain('- Memory, `crash`: Memory lives in one process');
	});
});
