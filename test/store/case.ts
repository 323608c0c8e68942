/**
 * A case of the suite is data: a name, a sentence about what a reader may rely on, and the run.
 */
import type { StoreRig } from './rig';

export interface StoreCase {
	/** append_expected_version */
	readonly name: string;
	/** What a reader may rely on when it passes. */
	readonly says: string;
	/** Default 20 s. */
	readonly limitMs?: number;
	/** Whether the case opens the store itself. */
	readonly unopened?: true;
	run(rig: StoreRig): Promise<void>;
}
