/**
 * A case of the suite is data: a name, a sentence about what a reader may rely on, and the run.
 */
import type { SagaRig } from './rig';

export interface SagaCase {
	/** start_concurrently */
	readonly name: string;
	/** What a reader may rely on when it passes. */
	readonly says: string;
	run(rig: SagaRig): Promise<void>;
}
