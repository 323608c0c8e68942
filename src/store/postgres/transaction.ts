/**
 * Commands as transactions.
 */
import type { CallOptions } from '../../broker/types';
import { backoffDelay, type Backoff } from '../../kernel/backoff';
import type { Clock } from '../../kernel/clock';
import { runStepsAsync, type Lock, type Statement, type Steps } from '../sql/steps';
import { commitInDoubt, isCollision, postgresError } from './errors';
import type { Link, Session } from './link';

/** Between two tries of a transaction that another one got in the way of. */
const COLLISION_BACKOFF: Backoff = { initialMs: 5, factor: 2, maxMs: 500, jitter: 1 };

/** The share of the time that is left for waiting for others: who waited in vain is told so before his time is over. */
const WAIT_SHARE = 0.9;

export interface Transaction<T> {
	/** What is being done, as it continues "while …". */
	readonly name: string;
	/** Done again for each try. */
	readonly work: (session: Session) => Promise<T>;
	/** Run with the commit; '' or a statement that ends with ';'. */
	readonly atCommit: string;
}

/** A command that only reads. Each of its statements sees at least what the ones before it saw. */
export async function readOnly<T>(link: Link, name: string, steps: Steps<T>, options: CallOptions): Promise<T> {
	return await link.use(name, options, async (session) => await runStepsAsync(steps, executeOn(session)));
}

/**
 * All or nothing; tried again as long as there is time when another transaction got in its way.
 * @throws EventBusError as `Link.use`, and what the command says
 */
export async function inTransaction<T>(
	link: Link,
	{ name, work, atCommit }: Transaction<T>,
	clock: Clock,
	options: CallOptions,
): Promise<T> {
	const until = Date.now() + options.timeoutMs;
	for (let tries = 1; ; tries += 1) {
		try {
			const timeoutMs = Math.max(1, until - Date.now());
			return await link.use(
				name,
				{ ...options, timeoutMs },
				async (session) => await committed(session, atCommit, async () => await work(session)),
			);
		} catch (error) {
			const delay = backoffDelay(COLLISION_BACKOFF, tries, Math.random());
			if (!isCollision(error) || Date.now() + delay >= until) throw error;
			await clock.sleep(delay, options.signal);
		}
	}
}

/** A command as the work of a transaction. */
export function workOf<T>(steps: () => Steps<T>): (session: Session) => Promise<T> {
	return async (session) => await runStepsAsync(steps(), executeOn(session));
}

/** Runs work between BEGIN and COMMIT. */
export async function committed<T>(session: Session, atCommit: string, work: () => Promise<T>): Promise<T> {
	session.executeBlindly(beginning(session.timeLeftMs));
	let result: T;
	try {
		result = await work();
	} catch (error) {
		// A connection that cannot even do this is not given back.
		await session.rollBack().catch(() => undefined);
		throw error;
	}
	try {
		await session.execute(`${atCommit}COMMIT`);
	} catch (error) {
		const known = postgresError(error, 'committing');
		throw known.code === 'unreachable' ? commitInDoubt(error) : known;
	}
	return result;
}

/**
 * READ COMMITTED, whatever the default of the server: what follows a lock has to see what was done under it before.
 * The server itself ends what the client cannot: a statement that takes too long, and a transaction whose client is gone.
 */
function beginning(timeLeftMs: number): string {
	const all = Math.ceil(timeLeftMs);
	const wait = Math.max(1, Math.floor(timeLeftMs * WAIT_SHARE));
	return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = ${all};
		SET LOCAL lock_timeout = ${wait}; SET LOCAL idle_in_transaction_session_timeout = ${all}`;
}

export function executeOn(session: Session): (step: Statement | Lock) => Promise<readonly object[]> {
	return async (step) =>
		await session.query(
			'lock' in step
				? { sql: 'SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', values: [step.lock], isBlind: true }
				: step,
		);
}
