import { trailEvent, trailFact } from '../../test/trail/stories';
import { causalTree, nestedEvents } from './tree';
import type { TrailEntry } from './types';

function entry(id: string, cause: string | null, afterMs: number, more: Partial<TrailEntry> = {}): TrailEntry {
	return { event: trailEvent(id, cause, afterMs), facts: [], ...more };
}

/** 'id:ancestry', moved to the right by depth. */
function drawn(entries: readonly TrailEntry[]): readonly string[] {
	return causalTree(entries).map(
		({ entry: { event }, ancestry, depth }) => `${'·'.repeat(depth)}${event.eventId}${MARKS[ancestry]}`,
	);
}

const MARKS = { root: '', caused: '', orphan: ' orphan', cycle: ' cycle' };

describe('the causal tree', () => {
	it.each<[string, readonly TrailEntry[], readonly string[]]>([
		['is empty without events', [], []],
		[
			'puts effects below their cause, by time',
			[entry('c', 'a', 3), entry('b', 'a', 2), entry('a', null, 1)],
			['a', '·b', '·c'],
		],
		['puts roots side by side, by time', [entry('b', null, 2), entry('a', null, 1)], ['a', 'b']],
		[
			'follows an effect before the next sibling',
			[entry('a', null, 1), entry('b', 'a', 2), entry('c', 'a', 3), entry('d', 'b', 4)],
			['a', '·b', '··d', '·c'],
		],
		['takes an effect that seems older than its cause', [entry('a', null, 9), entry('b', 'a', 1)], ['a', '·b']],
		['marks an event whose cause is unknown', [entry('b', 'gone', 1), entry('c', 'b', 2)], ['b orphan', '·c']],
		['marks an event that names itself', [entry('a', 'a', 1)], ['a cycle']],
		[
			'begins a cycle with its oldest event',
			[entry('a', 'c', 3), entry('b', 'a', 1), entry('c', 'b', 2)],
			['b cycle', '·c', '··a'],
		],
		[
			'keeps what follows from a cycle',
			[entry('a', 'b', 1), entry('b', 'a', 2), entry('c', 'b', 3)],
			['a cycle', '·b', '··c'],
		],
	])('%s', (_name, entries, expected) => expect(drawn(entries)).toEqual(expected));

	it('takes an event once, with all its facts in order', () => {
		const [early, late] = [trailFact('published', 1), trailFact('started', 5)];
		const [node, ...rest] = causalTree([
			entry('a', null, 0, { facts: [late] }),
			entry('a', null, 0, { facts: [early, late] }),
		]);
		expect(rest).toEqual([]);
		expect(node?.entry.facts).toEqual([early, late]);
	});

	it('tells events of two sources with one id apart, and takes the older one for the cause', () => {
		const other = { ...entry('a', null, 5), event: trailEvent('a', null, 5, { source: 'other' }) };
		expect(drawn([other, entry('a', null, 1), entry('b', 'a', 6)])).toEqual(['a', '·b', 'a']);
	});

	it('goes by when a broker had the event, not by what its publisher says', () => {
		const claims = entry('b', null, -99_999, { facts: [trailFact('published', 7)] });
		expect(drawn([claims, entry('a', null, 5)])).toEqual(['a', 'b']);
	});

	it('is not ended by a chain that is longer than the call stack', () => {
		const chain = Array.from({ length: 20_000 }, (_, index) =>
			entry(`e${index}`, index === 0 ? null : `e${index - 1}`, index),
		);
		expect(causalTree(chain).at(-1)).toMatchObject({ depth: 19_999, parent: 19_998, children: 0 });
	});

	it('nests events as plain data', () => {
		const nested = nestedEvents(
			causalTree([entry('a', null, 1), entry('b', 'a', 2), entry('c', 'a', 3), entry('d', 'x', 4)]),
		);
		const ids = JSON.parse(
			JSON.stringify(nested, (key, value: unknown) => (key === 'facts' ? undefined : value)),
		) as unknown;
		expect(ids).toMatchObject([
			{
				ancestry: 'root',
				event: { eventId: 'a' },
				children: [{ event: { eventId: 'b' } }, { event: { eventId: 'c' } }],
			},
			{ ancestry: 'orphan', event: { eventId: 'd' }, children: [] },
		]);
	});
});
