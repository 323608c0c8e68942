/**
 * A directed graph in layers, from top to bottom along its links.
 */

export interface Link {
	readonly from: number;
	readonly to: number;
}

/**
 * The layer of each node: the longest way to it. Links that close a cycle do not count.
 *
 * @param count nodes are 0 to count - 1
 */
export function layersOf(count: number, links: readonly Link[]): readonly number[] {
	const forward = withoutBackLinks(count, links);
	const after = linksBy(forward, 'from');
	const layers = new Array<number>(count).fill(0);
	const waitsFor = new Array<number>(count).fill(0);
	for (const { to } of forward) waitsFor[to] = (waitsFor[to] ?? 0) + 1;
	const ready = [...layers.keys()].filter((node) => waitsFor[node] === 0);
	for (const node of ready) {
		for (const { to } of after.get(node) ?? []) {
			layers[to] = Math.max(layers[to] ?? 0, (layers[node] ?? 0) + 1);
			waitsFor[to] = (waitsFor[to] ?? 0) - 1;
			if (waitsFor[to] === 0) ready.push(to);
		}
	}
	return layers;
}

/** Depth first, beginning with what nothing leads to: a link to a node that is still being walked closes a cycle. */
function withoutBackLinks(count: number, links: readonly Link[]): Link[] {
	const after = linksBy(links, 'from');
	const before = linksBy(links, 'to');
	const starts = [...Array(count).keys()].sort((one, other) => Number(before.has(one)) - Number(before.has(other)));
	const state = new Map<number, 'open' | 'done'>();
	const forward: Link[] = [];
	for (const start of starts) {
		if (state.has(start)) continue;
		const path = [{ node: start, rest: [...(after.get(start) ?? [])] }];
		state.set(start, 'open');
		for (let top = path.at(-1); top; top = path.at(-1)) {
			const link = top.rest.shift();
			if (!link) {
				state.set(top.node, 'done');
				path.pop();
			} else if (state.get(link.to) !== 'open') {
				forward.push(link);
				if (state.has(link.to)) continue;
				state.set(link.to, 'open');
				path.push({ node: link.to, rest: [...(after.get(link.to) ?? [])] });
			}
		}
	}
	return forward;
}

export function linksBy(links: readonly Link[], end: keyof Link): ReadonlyMap<number, readonly Link[]> {
	const groups = new Map<number, Link[]>();
	for (const link of links) {
		const known = groups.get(link[end]);
		if (known) known.push(link);
		else groups.set(link[end], [link]);
	}
	return groups;
}
