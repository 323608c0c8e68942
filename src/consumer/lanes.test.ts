import { Lanes } from './lanes';

describe('lanes', () => {
	it('run one after the other within a lane and side by side across lanes', async () => {
		const lanes = new Lanes();
		const log: string[] = [];
		const gates = new Map<string, () => void>();
		const task = (name: string) => async () => {
			log.push(`${name} starts`);
			await new Promise<void>((resolve) => gates.set(name, resolve));
			log.push(`${name} ends`);
		};
		const all = [
			lanes.run('a', task('a1')),
			lanes.run('a', task('a2')),
			lanes.run('b', task('b1')),
			lanes.run(null, task('free')),
		];
		await new Promise(setImmediate);
		expect(log.toSorted()).toEqual(['a1 starts', 'b1 starts', 'free starts']);
		gates.get('a1')?.();
		await new Promise(setImmediate);
		expect(log.slice(-2)).toEqual(['a1 ends', 'a2 starts']);
		for (const name of ['a2', 'b1', 'free']) gates.get(name)?.();
		await Promise.all(all);
	});
});
