/**
 * Tells the runner of a saga in this process that something was recorded for it, so that it need not ask the store all
 * the time. News of other processes are found by asking.
 */
export class LocalNews {
	private readonly listeners = new Map<string, Set<() => void>>();

	tell(sagaId: string): void {
		this.listeners.get(sagaId)?.forEach((listener) => listener());
	}

	/** Returns how to stop. */
	listen(sagaId: string, listener: () => void): () => void {
		const its = this.listeners.get(sagaId) ?? new Set();
		its.add(listener);
		this.listeners.set(sagaId, its);
		return () => {
			its.delete(listener);
			if (its.size === 0) this.listeners.delete(sagaId);
		};
	}
}
