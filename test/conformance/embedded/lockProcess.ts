/**
 * Holds the write lock of an SQLite file for a while, as a backup or a careless tool would.
 * Called with the file and the milliseconds.
 */
import { DatabaseSync } from 'node:sqlite';

const [file = '', ms = '0'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec('PRAGMA busy_timeout = 5000');
database.exec('BEGIN IMMEDIATE');
setTimeout(() => {
	database.exec('ROLLBACK');
	database.close();
}, Number(ms));
