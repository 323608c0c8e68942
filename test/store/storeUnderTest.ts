/**
 * What the suite needs of a store: places of their own for the cases.
 */
export interface StoreUnderTest {
	readonly label: string;
	start(): Promise<void>;
	stop(): Promise<void>;
	/** An empty store that nobody else uses. */
	makePlace(): Promise<StorePlace>;
}

export interface StorePlace {
	/** As EVENT_STORE_URL. */
	readonly url: string;
	/** Writes the version of a package that does not exist yet. */
	pretendNewer(): Promise<void>;
	remove(): Promise<void>;
}
