/**
 * Cycles in a graph.
 */

export interface Edge {
	readonly from: number;
	readonly to: number;
}

export interface FoundCycle<E extends Edge> {
	/** Each once, in the order of the arrows, beginning with the smallest. */
	readonly nodes: readonly number[];
	/** From each node to the next, and from the last to the first. */
	readonly edges: readonly E[];
}

/**
 * So many of the shortest cycles that every node that is in a cycle is in one of them. All cycles there are would be too many to read:
 * their number grows exponentially.
 *
 * @param count nodes are 0 to count - 1
 */
export function cyclesOf<E extends Edge>(count: number, edges: readonly E[]): readonly FoundCycle<E>[] {
	const outgoing = new Map<number, E[]>();
	for (const edge of edges) {
		const known = outgoing.get(edge.from);
		if (known) known.push(edge);
		else outgoing.set(edge.from, [edge]);
	}
	const covered = new Set<number>();
	const found: FoundCycle<E>[] = [];
	for (let node = 0; node < count; node++) {
		if (covered.has(node)) continue;
		const way = wayBack(node, outgoing);
		if (!way) continue;
		const cycle = fromSmallest(way);
		for (const { from } of cycle) covered.add(from);
		found.push({ nodes: cycle.map(({ from }) => from), edges: cycle });
	}
	return found;
}

/** The shortest way from a node to itself. */
function wayBack<E extends Edge>(start: number, outgoing: ReadonlyMap<number, readonly E[]>): readonly E[] | undefined {
	const reachedBy = new Map<number, E>();
	const open = [start];
	for (const node of open) {
		for (const edge of outgoing.get(node) ?? []) {
			if (reachedBy.has(edge.to)) continue;
			reachedBy.set(edge.to, edge);
			if (edge.to !== start) {
				open.push(edge.to);
				continue;
			}
			const way = [edge];
			for (let at = edge.from; at !== start;) {
				const before = reachedBy.get(at);
				if (!before) break;
				way.unshift(before);
				at = before.from;
			}
			return way;
		}
	}
	return undefined;
}

function fromSmallest<E extends Edge>(way: readonly E[]): readonly E[] {
	const smallest = Math.min(...way.map(({ from }) => from));
	const at = way.findIndex(({ from }) => from === smallest);
	return [...way.slice(at), ...way.slice(0, at)];
}
