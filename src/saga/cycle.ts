/**
 * Finds a circle in "waits for".
 */

/** @returns the names along one circle, the first repeated at the end; null: there is none */
export function findCycle(after: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
	const finished = new Set<string>();
	for (const start of after.keys()) {
		const cycle = walk(start, after, finished, []);
		if (cycle !== null) return cycle;
	}
	return null;
}

function walk(
	name: string,
	after: ReadonlyMap<string, readonly string[]>,
	finished: Set<string>,
	path: readonly string[],
): readonly string[] | null {
	const met = path.indexOf(name);
	if (met >= 0) return [...path.slice(met), name];
	if (finished.has(name)) return null;
	for (const next of after.get(name) ?? []) {
		const cycle = walk(next, after, finished, [...path, name]);
		if (cycle !== null) return cycle;
	}
	finished.add(name);
	return null;
}
