/**
 * Taking deliveries, groups and channels away, with everything that would be left hanging.
 */
import type { Sql } from '../../../sqlite/sql';

/** Deliveries a group does not get any more. A message that only it would have seen goes too. */
export function forgetDeliveries(sql: Sql, group: number, seqs: readonly number[]): void {
	for (const seq of seqs) {
		sql.run('DELETE FROM delivery WHERE grp = ? AND seq = ?', group, seq);
		sql.run('DELETE FROM message WHERE seq = ? AND only_for IS NOT NULL', seq);
	}
}

/** Its dead letters stay. */
export function deleteGroup(sql: Sql, group: number): void {
	sql.run('DELETE FROM delivery WHERE grp = ?', group);
	sql.run('DELETE FROM message WHERE only_for = ?', group);
	sql.run('DELETE FROM member WHERE grp = ?', group);
	sql.run('DELETE FROM consumer_group WHERE id = ?', group);
}

/** Everything stored at an address, and its readers. */
export function deleteAddress(sql: Sql, address: number): void {
	for (const { id } of sql.all<{ id: number }>('SELECT id FROM consumer_group WHERE address = ?', address)) {
		deleteGroup(sql, id);
	}
	// Those who listen to the dead letters of every group have deliveries from this address too.
	sql.run('DELETE FROM delivery WHERE seq IN (SELECT seq FROM message WHERE address = ?)', address);
	sql.run('DELETE FROM message WHERE address = ?', address);
	sql.run('DELETE FROM address WHERE id = ?', address);
}
