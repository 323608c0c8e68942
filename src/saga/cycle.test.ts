import fc from 'fast-check';
import { findCycle } from './cycle';

it.each<[string, Record<string, readonly string[]>, readonly string[] | null]>([
	['nothing', {}, null],
	['steps that wait for nobody', { a: [], b: [] }, null],
	['a chain', { a: [], b: ['a'], c: ['b'] }, null],
	['two ways to one step', { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] }, null],
	['a name that nobody has', { a: ['x'] }, null],
	['a step that waits for itself', { a: ['a'] }, ['a', 'a']],
	['two that wait for each other', { a: ['b'], b: ['a'] }, ['a', 'b', 'a']],
	['a circle behind a way into it', { a: ['b'], b: ['c'], c: ['d'], d: ['b'] }, ['b', 'c', 'd', 'b']],
	['a circle beside a chain', { a: [], b: ['a'], x: ['y'], y: ['x'] }, ['x', 'y', 'x']],
])('%s', (_name, after, expected) => {
	expect(findCycle(new Map(Object.entries(after)))).toEqual(expected);
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const graph = fc
	.array(fc.subarray(NAMES), { minLength: NAMES.length, maxLength: NAMES.length })
	.map((lists) => new Map(NAMES.map((name, index) => [name, lists[index] ?? []])));

it('finds a circle exactly when no order fits', () => {
	fc.assert(
		fc.property(graph, (after) => {
			expect(findCycle(after) === null).toBe(hasOrder(after));
		}),
	);
});

it('what it finds is a circle', () => {
	fc.assert(
		fc.property(graph, (after) => {
			const cycle = findCycle(after);
			if (cycle === null) return;
			expect(cycle[0]).toBe(cycle.at(-1));
			cycle.slice(1).forEach((name, index) => expect(after.get(cycle[index] ?? '')).toContain(name));
		}),
	);
});

it('is quick where many ways lead to the same steps', () => {
	const layers = Array.from({ length: 40 }, (_none, layer) => [`${layer}a`, `${layer}b`]);
	const after = layers.flatMap((layer, index) => layer.map((name) => [name, layers[index + 1] ?? []] as const));
	expect(findCycle(new Map(after))).toBeNull();
});

/** Takes away what waits for nobody, until nothing is left. */
function hasOrder(after: ReadonlyMap<string, readonly string[]>): boolean {
	const left = new Map(after);
	for (;;) {
		const free = [...left].filter(([, names]) => names.every((name) => !left.has(name)));
		if (free.length === 0) return left.size === 0;
		for (const [name] of free) left.delete(name);
	}
}
