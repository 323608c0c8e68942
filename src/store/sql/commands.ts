/**
 * Every command of the store, by name: what both engines carry out.
 */
import { append, holdHead } from './append';
import type { StoreContext } from './context';
import {
	clearModel,
	deleteDocument,
	documentLock,
	findDocuments,
	forgetChanges,
	getDocument,
	listModels,
	patchDocument,
	putDocument,
} from './documents';
import { identifyStore } from './identity';
import { giveLease, takeLease } from './leases';
import { outboxBacklog, readOutbox, removeFromOutbox, stillInOutbox } from './outbox';
import { countParked, nextParkedAt, park, readParked, removeParked, repark } from './parked';
import { headOf, listStreams, positionAt, readLog, readStream } from './reading';
import { dueSagas, indexSaga, listSagas, sagaVersion } from './sagas';
import { readSnapshot, writeSnapshot } from './snapshots';
import { lock, type Steps } from './steps';
import {
	advanceSubscription,
	deleteSubscription,
	joinSubscription,
	listSubscriptions,
	pauseSubscription,
	readSubscription,
	resetSubscription,
	subscriptionLock,
} from './subscriptions';
import { forgetTrail, recordTrail } from './trail';
import { readTrail } from './trailReading';
import { readFlowFacts, searchTrail } from './trailSearch';

export const storeReads = {
	readStream,
	readLog,
	headOf,
	positionAt,
	listStreams,
	readSnapshot,
	getDocument,
	findDocuments,
	listModels,
	readOutbox,
	stillInOutbox,
	outboxBacklog,
	readSubscription,
	listSubscriptions,
	readParked,
	nextParkedAt,
	countParked,
	listSagas,
	dueSagas,
	sagaVersion,
	readTrail,
	searchTrail,
	readFlowFacts,
};

const changes = {
	append,
	putDocument,
	patchDocument,
	deleteDocument,
	clearModel,
	forgetChanges,
	writeSnapshot,
	takeLease,
	giveLease,
	removeFromOutbox,
	joinSubscription,
	advanceSubscription,
	resetSubscription,
	pauseSubscription,
	deleteSubscription,
	park,
	removeParked,
	repark,
	indexSaga,
	identifyStore,
	recordTrail,
	forgetTrail,
};

/** One command of a transaction. */
export type Change = {
	[K in keyof typeof changes]: { readonly do: K; readonly args: Parameters<(typeof changes)[K]>[1] };
}[keyof typeof changes];

/**
 * Several changes in one commit: all or none.
 *
 * Whatever they wait for is taken first, in one order everywhere, so that no two of them wait for each other.
 */
function* transact(
	context: StoreContext,
	{ changes: list }: { readonly changes: readonly Change[] },
): Steps<unknown[]> {
	for (const parts of list.flatMap((change) => lockOf(change) ?? []).toSorted()) yield* lock(parts);
	if (list.some((change) => change.do === 'append')) yield* holdHead();
	const results: unknown[] = [];
	for (const change of list) {
		const command = changes[change.do] as (context: StoreContext, args: unknown) => Steps<unknown>;
		results.push(yield* command(context, change.args));
	}
	return results;
}

/** null: it waits for nobody, or for the head of the log. */
function lockOf({ do: command, args }: Change): string | null {
	switch (command) {
		case 'putDocument':
		case 'patchDocument':
		case 'deleteDocument':
			return documentLock(args);
		case 'joinSubscription':
		case 'resetSubscription':
		case 'deleteSubscription':
			return subscriptionLock(args.name);
		default:
			return null;
	}
}

export const storeWrites = { ...changes, transact };

/** After these somebody may have something to do: a reader, a relay, a member that stands by. */
const WAKING: ReadonlySet<string> = new Set<keyof typeof changes>([
	'append',
	'park',
	'repark',
	'giveLease',
	'resetSubscription',
	'pauseSubscription',
	'deleteSubscription',
]);

/** Whether those who wait for commits are told of this one. */
export function wakesOthers<K extends keyof Writes>(command: K, args: WriteArgs<K>): boolean {
	if (command !== 'transact') return WAKING.has(command);
	return (args as WriteArgs<'transact'>).changes.some((change) => WAKING.has(change.do));
}

type Args<C> = C extends (context: StoreContext, args: infer A) => unknown ? A : never;
type Result<C> = C extends (context: StoreContext, args: never) => Steps<infer R> ? R : never;

export type Reads = typeof storeReads;
export type Writes = typeof storeWrites;
export type ReadArgs<K extends keyof Reads> = Args<Reads[K]>;
export type ReadResult<K extends keyof Reads> = Result<Reads[K]>;
export type WriteArgs<K extends keyof Writes> = Args<Writes[K]>;
export type WriteResult<K extends keyof Writes> = Result<Writes[K]>;
