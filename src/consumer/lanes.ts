/**
 * Work of one lane runs one after the other, lanes run side by side.
 */
export class Lanes {
	private readonly tails = new Map<string, Promise<void>>();

	/**
	 * @param lane null: a lane of its own
	 * @param task must not reject
	 */
	run(lane: string | null, task: () => Promise<void>): Promise<void> {
		if (lane === null) return task();
		const tail = (this.tails.get(lane) ?? Promise.resolve()).then(task);
		this.tails.set(lane, tail);
		void tail.then(() => {
			if (this.tails.get(lane) === tail) this.tails.delete(lane);
		});
		return tail;
	}
}
