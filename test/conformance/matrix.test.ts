import { renderMatrix, renderTally, shortName, type BrokerMatrix } from './matrix';

const reason = 'Memory lives in one process';
const memory: BrokerMatrix = {
	kind: 'memory',
	label: 'Memory (a test)',
	rows: [
		{ number: 1, name: 'publish_subscribe', says: 'receives what was published', result: 'passed', ms: 12 },
		{ number: null, name: 'crash', says: 'survives', result: 'skipped', reason },
		{ number: 3, name: 'kill', says: 'survives that too', result: 'skipped', reason },
		{ number: 4, name: 'restart', says: 'goes on', result: 'skipped', reason: 'Memory has no server' },
	],
};
const other: BrokerMatrix = {
	kind: 'other',
	label: 'Other',
	rows: [{ number: 1, name: 'publish_subscribe', says: 'receives what was published', result: 'failed', ms: 9 }],
};

describe('the matrix', () => {
	const lines = renderMatrix([memory, other]).split('\n');

	it('has a row a case, and a narrow column a broker', () => {
		expect(lines).toContain('| Case | What it shows | Memory | Other |');
		expect(lines).toContain('| --- | --- | :-: | :-: |');
		expect(lines).toContain('| 1 `publish_subscribe` | receives what was published | ✓ | ✗ |');
		expect(lines).toContain('| `crash` | survives | – |  |');
	});

	it('says each reason once, with the cases that do not apply for it', () => {
		expect(lines.filter((line) => line.startsWith('- '))).toEqual([
			'- Memory lives in one process: `crash`, `kill`',
			'- Memory has no server: `restart`',
		]);
	});
});

it('the tally has a line a broker, and names what failed', () => {
	expect(renderTally([memory, other])).toEqual([
		'Memory (a test)  1 passed, 3 do not apply, 0 failed of 4',
		'Other            0 passed, 0 do not apply, 1 failed of 1: publish_subscribe',
	]);
});

it.each([
	['Embedded (SQLite)', 'Embedded'],
	['AWS SQS/SNS', 'AWS SQS/SNS'],
])('the short name of %s is %s', (label, short) => {
	expect(shortName(label)).toBe(short);
});
