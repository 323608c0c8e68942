/**
 * Where a test run begins that looks for the newest stored event: near the end, because a log may be long.
 */
import { within } from '../../src/broker/within';
import type { ChosenStore } from '../../src/store/stores';
import { borrowStore } from './pool';
import type { LookBack } from './runSettings';

/** Positions before the end. An event that is older is not worth the wait. */
const LOOK_BACK = 2000;
const CALL_TIMEOUT_MS = 10_000;

export function newestOf(store: ChosenStore): LookBack {
	return async () => {
		await using loan = await borrowStore(store);
		const call = within(CALL_TIMEOUT_MS);
		const end = await loan.connection.read('headOf', {}, call);
		return { at: 'cursor', cursor: String(Math.max(0, end - LOOK_BACK)) };
	};
}
