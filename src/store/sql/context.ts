/**
 * What a command of the store knows besides its arguments.
 */
export interface StoreContext {
	/** Milliseconds since the epoch, by the caller's clock. */
	readonly now: number;
}
