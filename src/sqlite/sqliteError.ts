/**
 * SQLite's result codes in the words of the person who has to act on them. The only place that knows the codes.
 */
import { EventBusError, isEventBusError, messageOf } from '../kernel/errors';

/** Primary result codes (sqlite.org/rescode.html); an extended code carries them in its low byte. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Whether another connection holds the lock, so that the same call can succeed a moment later. */
export function isBusy(error: unknown): boolean {
	const code = resultCode(error);
	return code === BUSY || code === LOCKED;
}

/** Any error of a command on the file, for its caller. What is an `EventBusError` already is returned unchanged. */
export function toStorageError(error: unknown, file: string): EventBusError {
	if (isEventBusError(error)) return error;
	const storage = (message: string, hint: string) => new EventBusError('storage', message, { hint, cause: error });
	switch (resultCode(error)) {
		case null:
			return new EventBusError('bug', `A command on ${file} failed: ${messageOf(error)}`, { cause: error });
		case FULL:
			return storage(`The disk or the size limit of ${file} is full`, 'Free space on the disk that holds this file');
		case READONLY:
			return storage(
				`${file} cannot be written`,
				'Give the user that runs n8n write access to the file and its folder',
			);
		case CANTOPEN:
			return storage(
				`${file} cannot be opened`,
				'Check that its folder exists and that the user that runs n8n may write to it',
			);
		case CORRUPT:
			return storage(`${file} is damaged`, 'Restore it from a backup, or move it away to start with an empty file');
		case NOTADB:
			return storage(`${file} is not a SQLite database`, 'Name another file, or move this one away');
		case IOERR:
			return storage(
				`The disk reported an error for ${file}: ${messageOf(error)}`,
				'Check the disk that holds this file',
			);
		case BUSY:
		case LOCKED:
			return lockedTooLong(file);
		default:
			return storage(`SQLite refused a command on ${file}: ${messageOf(error)}`, 'Please report this');
	}
}

/** The caller's time ran out while somebody else held the file. Nothing was written. */
export function lockedTooLong(file: string): EventBusError {
	return new EventBusError('timeout', `${file} was locked by another process for too long`, {
		hint: 'Look for a backup or a database tool that holds the file open for writing',
	});
}

/** An error of the file system before SQLite was involved. */
export function toFileError(error: unknown, file: string): EventBusError {
	if (isEventBusError(error)) return error;
	const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown cause';
	const hints: Readonly<Record<string, string>> = {
		EACCES: 'Give the user that runs n8n write access to the file and its folder',
		EPERM: 'Give the user that runs n8n write access to the file and its folder',
		EROFS: 'The file system is read-only: name a file on one that can be written',
		ENOENT: 'Create the folder, or name a file in a folder that exists',
		ENOTDIR: 'A part of the path is a file: name a file in a folder that exists',
		EISDIR: 'Name a file, not a folder',
		ENOSPC: 'Free space on the disk that holds this file',
	};
	const hint = hints[code];
	return new EventBusError('storage', `${file} cannot be opened for writing (${code})`, {
		cause: error,
		...(hint === undefined ? {} : { hint }),
	});
}

/** null: not an error of SQLite. */
function resultCode(error: unknown): number | null {
	if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
	return error.errcode & 0xff;
}
