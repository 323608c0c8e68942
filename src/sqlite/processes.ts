/**
 * Which processes have the file open: the ground for freeing what a dead one held, and for refusing a second host.
 *
 * SQLite's locks and its shared memory work between processes of one kernel only. Two hosts on one file would each see
 * their own half of the truth, so the second is refused.
 */
import { EventBusError } from '../kernel/errors';
import { type HostIdentity, isRunning } from './hostIdentity';
import type { Sql } from './sql';

/** How often a process says that it is there, milliseconds. */
export const HEARTBEAT_MS = 10_000;

/** Without a sign for so long a process that cannot be asked is dead: three heartbeats, milliseconds. */
const SILENT_MS = 30_000;

export const PROCESS_MIGRATIONS: readonly string[] = [
	`CREATE TABLE process (
		id TEXT PRIMARY KEY,
		machine TEXT NOT NULL,
		boot TEXT NOT NULL,
		pid_namespace TEXT NOT NULL,
		pid INTEGER NOT NULL,
		pid_start TEXT NOT NULL,
		heartbeat_at INTEGER NOT NULL
	) STRICT`,
];

export interface ProcessRow {
	readonly id: string;
	readonly machine: string;
	readonly boot: string;
	readonly pid_namespace: string;
	readonly pid: number;
	readonly pid_start: string;
	/** Milliseconds since the epoch, system clock. */
	readonly heartbeat_at: number;
}

/**
 * Removes the dead and enters us.
 *
 * @param broken earlier openings of this process whose thread ended without closing
 * @throws EventBusError `settings` when another host uses the file
 */
export function enterProcess(sql: Sql, file: string, id: string, us: HostIdentity, broken: readonly string[]): void {
	for (const gone of broken) sql.run('DELETE FROM process WHERE id = ?', gone);
	removeDead(sql, id, us);
	const foreign = sql.get<ProcessRow>('SELECT * FROM process WHERE boot <> ?', us.boot);
	if (foreign) {
		throw new EventBusError('settings', `${file} is in use on another host (${foreign.machine})`, {
			hint:
				'A SQLite file serves the processes of one host. For several hosts set EVENT_BUS_URL to a broker server; ' +
				`if that host is gone, try again in ${SILENT_MS / 1000} seconds`,
			retryable: true,
		});
	}
	beat(sql, id, us);
}

/** Says that we are there; also after somebody took us for dead, such as while the machine slept. */
export function beat(sql: Sql, id: string, us: HostIdentity): void {
	sql.run(
		`INSERT INTO process (id, machine, boot, pid_namespace, pid, pid_start, heartbeat_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`,
		id,
		us.machine,
		us.boot,
		us.pidNamespace,
		us.pid,
		us.pidStart,
		Date.now(),
	);
}

/** Returns whether there were any. */
export function removeDead(sql: Sql, ourId: string, us: HostIdentity): boolean {
	const dead = sql
		.all<ProcessRow>('SELECT * FROM process WHERE id <> ?', ourId)
		.filter((row) => isDead(row, us, Date.now(), isRunning));
	for (const { id } of dead) sql.run('DELETE FROM process WHERE id = ?', id);
	return dead.length > 0;
}

/** @param runs asks the kernel; only used for processes of our own namespace */
export function isDead(row: ProcessRow, us: HostIdentity, now: number, runs: typeof isRunning): boolean {
	if (row.boot === us.boot && row.pid_namespace === us.pidNamespace) return !runs(row.pid, row.pid_start);
	// Our own machine before its last boot. Without it a quick reboot would be taken for a second host.
	if (row.boot !== us.boot && row.machine === us.machine && row.heartbeat_at < us.bootedAt) return true;
	return row.heartbeat_at < now - SILENT_MS;
}
