/**
 * The window of a partition: a table of what happens, and the laws that must hold whatever happens.
 */
import fc from 'fast-check';
import { LaneWindow, type Standing } from './laneWindow';

type Step = ['take' | 'settle' | 'skip', number];

function after(start: Standing, steps: readonly Step[]): LaneWindow {
	const window = new LaneWindow(start);
	for (const [what, offset] of steps) {
		if (what === 'take') window.take(offset);
		else if (what === 'settle') window.settle(offset);
		else window.skipTo(offset);
	}
	return window;
}

const take = (...offsets: number[]): Step[] => offsets.map((offset) => ['take', offset]);
const settle = (...offsets: number[]): Step[] => offsets.map((offset) => ['settle', offset]);
const fresh = { position: 10, settled: [] };

describe('the window of a partition', () => {
	it.each<[string, Standing, Step[], Standing]>([
		['stands where it began', fresh, [], fresh],
		['stands before what is open', fresh, take(10, 11), fresh],
		['moves over a settled prefix', fresh, [...take(10, 11), ...settle(10)], { position: 11, settled: [] }],
		[
			'moves to the end when all is settled',
			fresh,
			[...take(10, 11), ...settle(11, 10)],
			{ position: 12, settled: [] },
		],
		[
			'remembers what is settled above the first open one',
			fresh,
			[...take(10, 11, 12, 13, 14), ...settle(11, 12, 14)],
			{
				position: 10,
				settled: [
					{ first: 11, last: 12 },
					{ first: 14, last: 14 },
				],
			},
		],
		[
			'takes a gap between two settled ones for settled',
			fresh,
			[...take(10, 11, 15), ...settle(11, 15)],
			{ position: 10, settled: [{ first: 11, last: 15 }] },
		],
		['moves over what holds nothing for us', fresh, [['skip', 20]], { position: 20, settled: [] }],
		['stays before what is open when it skips', fresh, [...take(10), ['skip', 20]], fresh],
		[
			'keeps what a restart brought along',
			{ position: 10, settled: [{ first: 12, last: 13 }] },
			take(10),
			{ position: 10, settled: [{ first: 12, last: 13 }] },
		],
		[
			'moves over what a restart brought along',
			{ position: 10, settled: [{ first: 11, last: 12 }] },
			[...take(10, 11, 12), ...settle(10)],
			{ position: 13, settled: [] },
		],
	])('%s', (_name, start, steps, expected) => {
		expect(after(start, steps).standing).toEqual(expected);
	});

	it('hands nothing out that was settled before a restart, or was handed out already', () => {
		const window = new LaneWindow({ position: 10, settled: [{ first: 11, last: 12 }] });
		expect([10, 11, 12, 13, 12, 13].map((offset) => window.take(offset))).toEqual([
			true,
			false,
			false,
			true,
			false,
			false,
		]);
	});

	const operations = fc.array(fc.tuple(fc.constantFrom('take', 'settle', 'restart'), fc.nat(60)), { maxLength: 200 });

	it('never moves back, never passes an open message, and loses no message over restarts', () => {
		fc.assert(
			fc.property(operations, (steps) => {
				let window = new LaneWindow({ position: 0, settled: [] });
				const settled = new Set<number>();
				let held = new Set<number>();
				let position = 0;
				for (const [what, number] of steps) {
					if (what === 'take') {
						const offset = window.next + (number % 3);
						// Kafka gives every offset that exists; here all do.
						for (let each = window.next; each <= offset; each += 1) {
							if (window.take(each)) {
								expect(settled.has(each)).toBe(false);
								held.add(each);
							} else expect(settled.has(each)).toBe(true);
						}
					} else if (what === 'settle') {
						const offset = [...held][number % Math.max(1, held.size)];
						if (offset === undefined) continue;
						held.delete(offset);
						settled.add(offset);
						window.settle(offset);
					} else {
						window = new LaneWindow(window.standing);
						held = new Set();
					}
					const { standing } = window;
					expect(standing.position).toBeGreaterThanOrEqual(position);
					position = standing.position;
					for (let each = 0; each < position; each += 1) expect(settled.has(each)).toBe(true);
				}
			}),
		);
	});
});
