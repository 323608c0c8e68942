import { consumption, publication } from '../../../test/trail/flows';
import { hostileFlows } from '../../../test/trail/hostile';
import { flowMapOf } from '../flowMap';
import { flowchart } from './flowchart';

function drawn(
	...[publications, consumptions]: [
		Parameters<typeof flowMapOf>[0]['publications'],
		Parameters<typeof flowMapOf>[0]['consumptions'],
	]
) {
	const lines = flowchart(flowMapOf({ publications, consumptions, causations: [] })).split('\n');
	return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('classDef'));
}

it('draws services, types and what happened between them', () => {
	const busy = { count: 5, retries: 2, deadLetters: 1, latencyMs: { p50: 12, p95: 1500 } };
	expect(
		drawn([publication('shop', 'order.created', { count: 6 })], [consumption('billing', 'order.created', busy)]),
	).toEqual([
		'flowchart LR',
		's0["billing"]:::service',
		's1["shop"]:::service',
		't0(["order.created"]):::type',
		's1 -->|"6×"| t0',
		't0 -.->|"5×<br/>p50 12 ms, p95 1.5 s<br/>2 retries<br/>1 dead letters"| s0',
	]);
});

it('names channels where there are several, and marks what nobody consumes', () => {
	expect(
		drawn([publication('shop', 'a'), publication('shop', 'b', { channel: 'other' })], [consumption('billing', 'a')]),
	).toEqual([
		'flowchart LR',
		's0["billing"]:::service',
		's1["shop"]:::service',
		't0(["a<br/>events"]):::type',
		't1(["b<br/>other"]):::unconsumed',
		's1 --> t0',
		's1 --> t1',
		't0 --> s0',
	]);
});

it('has only lines of its own, whatever the texts are', () => {
	const label = '"(#\\d+;|<br/>|[^"<>%;#])*"';
	const own = new RegExp(
		`^(flowchart LR|classDef .*|s\\d+\\[${label}\\]:::service|t\\d+\\(\\[${label}\\]\\):::\\w+|[st]\\d+ -?-\\.?->(\\|${label}\\|)? [st]\\d+)$`,
	);
	for (const line of flowchart(flowMapOf(hostileFlows())).trim().split('\n')) expect(line.trim()).toMatch(own);
});
