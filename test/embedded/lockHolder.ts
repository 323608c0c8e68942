/**
 * Holds the write lock of a file, as a backup or a database tool would. Arguments: file, how long in ms.
 */
import { DatabaseSync } from 'node:sqlite';

const [file = '', ms = '0'] = process.argv.slice(2);
const database = new DatabaseSync(file, { timeout: 5_000 });
database.exec('BEGIN IMMEDIATE');
process.send?.('locked');
setTimeout(() => {
	database.exec('COMMIT');
	database.close();
	process.disconnect();
}, Number(ms));
