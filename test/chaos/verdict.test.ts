import type { RunRecord } from './runRecords';
import { judge } from './verdict';

const KILL = 10_000;

const run = (executionId: number, createdAt: number, stoppedAt: number | null, status = 'success'): RunRecord => ({
	executionId,
	workflowId: 'w',
	status,
	event: 'shop e1',
	createdAt,
	stoppedAt,
});

it.each<[string, RunRecord[], Partial<Record<'lost' | 'doubled' | 'untold' | 'resumedByN8n' | 'cut', number>>]>([
	['is content with one completed run', [run(1, 100, 200)], {}],
	['sees an event without any run', [], { lost: 1 }],
	['sees an event whose only run was cut', [run(1, 9_900, null, 'crashed')], { lost: 1, cut: 1 }],
	['takes the run after a cut one', [run(1, 9_900, null, 'crashed'), run(2, 11_000, 11_100)], { cut: 1 }],
	['sees a second run without a reason', [run(1, 100, 200), run(2, 300, 400)], { doubled: 1 }],
	['knows a run that ended just before the kill', [run(1, 9_000, 9_500), run(2, 11_000, 11_100)], { untold: 1 }],
	['takes no excuse for one that ended long before', [run(1, 100, 8_000), run(2, 11_000, 11_100)], { doubled: 1 }],
	['knows a run that n8n resumed', [run(1, 9_990, 10_900), run(2, 11_000, 11_100)], { resumedByN8n: 1 }],
	[
		'takes no excuse for a third',
		[run(1, 9_990, 10_900), run(2, 11_000, 11_100), run(3, 12_000, 12_100)],
		{ doubled: 1 },
	],
])('%s', (_name, records, expected) => {
	const { lost, doubled, untold, resumedByN8n, cut } = judge(records, new Set(['w shop e1']), [KILL], 1000);
	const counts = { lost, doubled, untold, resumedByN8n, cut };
	expect(Object.fromEntries(Object.entries(counts).map(([name, found]) => [name, found.length]))).toEqual({
		lost: 0,
		doubled: 0,
		untold: 0,
		resumedByN8n: 0,
		cut: 0,
		...expected,
	});
});
