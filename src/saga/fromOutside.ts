/**
 * What comes to a saga from outside the run that looks after it: an answer, a wish. It is recorded, whoever has the saga,
 * and that run is told.
 */
import type { CallOptions } from '../broker/types';
import { EventBusError, isEventBusError } from '../kernel/errors';
import { decide, type SagaInput } from './decide';
import type { SagaJournal } from './journal';
import type { LocalNews } from './localNews';
import type { SagaState } from './state';

export interface OutsideHost {
	readonly journal: SagaJournal;
	readonly news: LocalNews;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
}

/**
 * @param inputOf what it means for the saga as it is; null: nothing. Asked again when something else was recorded meanwhile
 * @returns false: it changes nothing
 */
export async function recordFromOutside(
	id: string,
	inputOf: (state: SagaState) => SagaInput | null,
	{ journal, news, now }: OutsideHost,
	call: CallOptions,
): Promise<boolean> {
	for (;;) {
		const state = await journal.load(id, call);
		const input = state && inputOf(state);
		if (!state || !input) return false;
		const facts = decide(state, input, { now: now(), random: 0 });
		if (facts.length === 0) return false;
		try {
			await journal.record(state, facts, call);
			news.tell(id);
			return true;
		} catch (error) {
			if (!isEventBusError(error) || error.code !== 'version-conflict') throw error;
		}
	}
}

/**
 * Records that somebody wants a saga resumed or cancelled.
 * @throws EventBusError `not-found` | `conflict` for what the saga cannot do any more
 */
export async function wishForSaga(
	id: string,
	wish: { readonly kind: 'resume' | 'cancel'; readonly reason: string },
	host: OutsideHost,
	call: CallOptions,
): Promise<void> {
	if ((await host.journal.versionOf(id, call)) === 0) throw noSaga(id);
	await recordFromOutside(id, () => wish, host, call);
}

export function noSaga(id: string): EventBusError {
	return new EventBusError('not-found', `There is no saga ${id.slice(0, 200)}`, {
		hint: 'Saga → List shows the sagas of this event store. Look at Connection, too.',
	});
}
