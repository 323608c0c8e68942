import { numbered } from './placeholders';

it.each([
	['SELECT 1', 'SELECT 1'],
	['SELECT ? WHERE a = ? AND b IN (?, ?)', 'SELECT $1 WHERE a = $2 AND b IN ($3, $4)'],
])('%s', (sql, expected) => {
	expect(numbered(sql)).toBe(expected);
	expect(numbered(sql)).toBe(expected);
});
