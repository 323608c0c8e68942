/**
 * One after the other, for what this process changes under one name.
 */
const lastOf = new Map<string, Promise<unknown>>();

export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
	const before = lastOf.get(name) ?? Promise.resolve();
	const mine = before.then(work);
	const settled = mine.catch(() => undefined);
	lastOf.set(name, settled);
	void settled.then(() => {
		if (lastOf.get(name) === settled) lastOf.delete(name);
	});
	return await mine;
}
