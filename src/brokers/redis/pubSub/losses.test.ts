import { silentLogger } from '../../../kernel/logger';
import { Losses } from './losses';

function counting() {
	let now = 1_000_000;
	const lines: string[] = [];
	const clock = { now: () => now, sleep: async () => await Promise.resolve() };
	const losses = new Losses(clock, { ...silentLogger, warn: (line: string) => lines.push(line) });
	return { losses, lines, pass: (ms: number) => (now += ms) };
}

it('tells the first loss at once, the next ones together, and the last ones at the end', () => {
	const { losses, lines, pass } = counting();
	losses.note('events');
	for (let n = 0; n < 100; n += 1) losses.note('events');
	pass(10_000);
	losses.note('events');
	losses.note('events', 2);
	losses.flush();
	losses.flush();
	expect(lines.map((line) => /^\d+/.exec(line)?.[0])).toEqual(['1', '101', '2']);
	expect(losses.of('events')).toBe(104);
});

it('counts by channel, and is worried for a minute', () => {
	const { losses, pass } = counting();
	expect(losses.isRecent).toBe(false);
	losses.note('a');
	losses.note('b', 2);
	expect([losses.of('a'), losses.of('b'), losses.of('c'), losses.total]).toEqual([1, 2, 0, 3]);
	expect(losses.isRecent).toBe(true);
	pass(60_000);
	expect(losses.isRecent).toBe(false);
});
