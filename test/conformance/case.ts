/**
 * A case of the suite is data: number and name from the catalogue, a sentence, what it needs, a limit, and the run.
 */
import type { BrokerUnderTest } from './brokerUnderTest';
import { Rig } from './rig';

export interface Case {
	/** As in the catalogue; null for the cases that follow from the rules of delivery. */
	readonly number: number | null;
	/** As in the catalogue: publish_subscribe. */
	readonly name: string;
	/** What a reader may rely on when it passes. */
	readonly says: string;
	readonly needs?: readonly Need[];
	readonly limitMs: number;
	run(rig: Rig): Promise<void>;
}

/** null: satisfied; else why the broker does not run the case. */
type Check = (broker: BrokerUnderTest) => string | null;

const declared = (met: boolean, reason: string): string | null => (met ? null : reason);

const NEEDS = {
	settling: ({ manifest }) => declared(manifest.capabilities.delivery === 'at-least-once', 'delivers at most once'),
	groups: ({ manifest }) => declared(manifest.capabilities.groups, 'consumers of a group do not compete'),
	durable: ({ manifest }) => declared(manifest.capabilities.start.has('committed'), 'keeps no position of a group'),
	history: ({ manifest }) => declared(manifest.capabilities.start.has('earliest'), 'cannot start at the earliest'),
	order: ({ manifest }) => declared(manifest.capabilities.ordering !== 'none', 'does not order'),
	retry: ({ manifest }) => declared(manifest.capabilities.delayedRetryMaxMs > 0, 'keeps no durable delay'),
	targets: ({ manifest }) => declared(manifest.capabilities.topology.has('declare'), 'needs nothing to be made first'),
	topology: ({ manifest }) => declared(manifest.capabilities.topology.has('inspect'), 'cannot be inspected'),
	completeDeadLetters: ({ manifest }) =>
		declared(manifest.capabilities.deadLetterListing === 'complete', 'only samples its dead letters'),
	messages: ({ features }) => declared(features.keepsEventsOnly !== true, 'keeps events, not messages'),
	copies: ({ features }) => declared(features.dropsCopies !== true, 'drops copies of an event itself'),
	headers: ({ manifest }) => declared(manifest.capabilities.headers === 'native', 'has no headers'),
	replies: ({ manifest }) => declared(manifest.capabilities.replies, 'carries no replies'),
	restart: ({ features }) => declared(features.restart !== null, 'has no server to restart'),
	network: ({ features }) => declared(features.network !== null, 'is not reached over a network'),
	processes: ({ features }) => declared(features.processes !== null, 'lives in one process'),
	storageLock: ({ features }) => declared(features.lockStorage !== null, 'has no storage file of its own'),
	retention: ({ features }) => declared(features.retentionMs !== null, 'applies no retention within a test'),
} satisfies Record<string, Check>;

export type Need = keyof typeof NEEDS;

export type CaseResult =
	| { readonly result: 'passed'; readonly ms: number }
	| { readonly result: 'skipped'; readonly reason: string }
	| { readonly result: 'failed'; readonly ms: number; readonly error: Error };

/** Why this broker does not run the case, by its declared capabilities; null: it does. */
export function reasonToSkip({ needs = [] }: Case, broker: BrokerUnderTest): string | null {
	const reasons = needs.flatMap((need) => NEEDS[need](broker) ?? []);
	return reasons.length === 0 ? null : `${broker.manifest.label} ${reasons.join(' and ')}`;
}

/** Runs one case against a started broker, without a test runner. Leaves nothing behind. */
export async function runCase(the: Case, broker: BrokerUnderTest): Promise<CaseResult> {
	const reason = reasonToSkip(the, broker);
	if (reason !== null) return { result: 'skipped', reason };
	const startedAt = Date.now();
	const ms = () => Date.now() - startedAt;
	await using rig = new Rig(broker, the.name);
	try {
		await within(the.limitMs, rig, the);
		rig.stillHealthy();
	} catch (error) {
		return { result: 'failed', ms: ms(), error: withComplaints(error, rig) };
	}
	return { result: 'passed', ms: ms() };
}

export function titleOf({ number, name, says }: Case): string {
	return `${number === null ? '' : `${number} `}${name}: ${says}`;
}

/** By type, not by class: an error of Node's own is not an instance of a test environment's Error. */
function isError(value: unknown): value is Error {
	return Object.prototype.toString.call(value) === '[object Error]';
}

/** What the consumers logged says why, where the assertion only says what. */
function withComplaints(cause: unknown, { complaints }: Rig): Error {
	const error = isError(cause) ? cause : new Error(String(cause));
	const shown = [...new Set(complaints)].slice(-10);
	if (shown.length > 0) error.message += `\n\nLogged meanwhile:\n- ${shown.join('\n- ')}`;
	return error;
}

async function within(limitMs: number, rig: Rig, the: Case): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`${the.name} took longer than ${limitMs} ms`)), limitMs);
	});
	try {
		await Promise.race([the.run(rig), late]);
	} finally {
		clearTimeout(timer);
	}
}
