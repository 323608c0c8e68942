/**
 * The items of a run side by side: a saga waits for others most of its time.
 */

/** Sagas that one run looks after at a time. */
const AT_ONCE = 20;

/** All are tried; then the first error, if there was one, is thrown. */
export async function sideBySide<T>(items: readonly T[], treat: (item: T) => Promise<void>): Promise<void> {
	const entries = items.entries();
	const failures: { readonly index: number; readonly error: unknown }[] = [];
	const work = async () => {
		for (const [index, item] of entries) {
			try {
				await treat(item);
			} catch (error) {
				failures.push({ index, error });
			}
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	const [first] = failures.toSorted((one, other) => one.index - other.index);
	if (first) throw first.error;
}
