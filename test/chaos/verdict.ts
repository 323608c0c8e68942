/**
 * What the records of n8n say about the promise: every event has one completed run in every workflow that wants it. Pure.
 *
 * Two kinds of events may have a second one, because the kill came between n8n and the bus; both are counted and listed.
 */
import type { RunRecord } from './runRecords';

/** One event in one workflow. */
export interface Fate {
	readonly workflowId: string;
	readonly event: string;
	/** Oldest first. */
	readonly completed: readonly RunRecord[];
}

export interface Verdict {
	/** `workflowId event` without a completed run, although one was due. */
	readonly lost: readonly string[];
	/** Events with a second completed run that no kill explains. */
	readonly doubled: readonly Fate[];
	/** The first run ended so shortly before a kill that n8n could not tell the bus any more. */
	readonly untold: readonly Fate[];
	/**
	 * The kill cut the first run before its first node. n8n starts such runs again by itself when it comes back, without
	 * its triggers, so the bus cannot know and has the event run as well.
	 */
	readonly resumedByN8n: readonly Fate[];
	/** Runs that a kill cut for good. */
	readonly cut: readonly RunRecord[];
	/** Runs that failed by themselves. */
	readonly failed: readonly RunRecord[];
}

/**
 * @param due   `workflowId event` of every run that must have completed
 * @param kills milliseconds since the epoch
 * @param untoldMs longest time between the end of a run in n8n's records and the bus having it in its own
 */
export function judge(
	records: readonly RunRecord[],
	due: ReadonlySet<string>,
	kills: readonly number[],
	untoldMs: number,
): Verdict {
	const fates = fatesOf(records);
	const twice = [...fates.values()].filter(({ completed }) => completed.length > 1);
	const untold = twice.filter((fate) =>
		firstOfTwo(fate, (run) => kills.some((at) => endedJustBefore(run, at, untoldMs))),
	);
	const resumedByN8n = twice.filter((fate) => firstOfTwo(fate, (run) => kills.some((at) => outlived(run, at))));
	return {
		lost: [...due].filter((key) => !fates.has(key)),
		doubled: twice.filter((fate) => !untold.includes(fate) && !resumedByN8n.includes(fate)),
		untold,
		resumedByN8n,
		cut: records.filter(({ status }) => ['crashed', 'running', 'new'].includes(status)),
		failed: records.filter(({ status }) => ['error', 'canceled'].includes(status)),
	};
}

export function keyOf({ workflowId, event }: Pick<RunRecord, 'workflowId' | 'event'>): string {
	return `${workflowId} ${event ?? ''}`;
}

function fatesOf(records: readonly RunRecord[]): ReadonlyMap<string, Fate> {
	const fates = new Map<string, Fate>();
	for (const record of records) {
		const { status, workflowId, event } = record;
		if (status !== 'success' || event === null) continue;
		const earlier = fates.get(keyOf(record))?.completed ?? [];
		fates.set(keyOf(record), { workflowId, event, completed: [...earlier, record] });
	}
	return fates;
}

/** A third completed run is explained by nothing. */
function firstOfTwo({ completed }: Fate, is: (run: RunRecord) => boolean): boolean {
	const [first, , third] = completed;
	return first !== undefined && third === undefined && is(first);
}

function endedJustBefore({ stoppedAt }: RunRecord, kill: number, untoldMs: number): boolean {
	return stoppedAt !== null && stoppedAt <= kill && kill - stoppedAt <= untoldMs;
}

function outlived({ createdAt, stoppedAt }: RunRecord, kill: number): boolean {
	return stoppedAt !== null && createdAt <= kill && kill < stoppedAt;
}
