import { isSettled, rangesOf } from './topics';

it('what was acknowledged out of order is read from the cursor', () => {
	const ranges = rangesOf('[(35:1..35:3],(36:-1..36:7]]');
	const cursor = { settled: { ledger: 35, entry: 0 }, ranges };
	const settled = ['34:9', '35:0', '35:1', '35:2', '35:3', '35:4', '36:0', '36:7', '36:8'].filter((text) => {
		const [ledger, entry] = text.split(':').map(Number);
		return isSettled({ ledger: ledger ?? 0, entry: entry ?? 0 }, cursor);
	});
	expect(settled).toEqual(['34:9', '35:0', '35:2', '35:3', '36:0', '36:7']);
});

it('nothing out of order is no range', () => {
	expect(rangesOf('[]')).toEqual([]);
});
