/**
 * What can be set for the embedded broker, and how it is read.
 */
import type { Field } from '../../broker/fields';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';

export interface EmbeddedSettings {
	/** Absolute path. */
	readonly file: string;
	/** Size cap; settled history goes first, unread messages are never dropped. */
	readonly maxFileBytes: number;
}

const MEGABYTE = 1024 ** 2;
const DEFAULT_MEGABYTES = 1024;
/** An empty file with all tables has about 100 KB; a smaller cap would refuse the first event. */
const MIN_MEGABYTES = 1;

export const EMBEDDED_FIELDS: readonly Field[] = [
	{
		name: 'file',
		label: 'File',
		type: 'text',
		section: '',
		default: '',
		placeholder: '/data/event-bus.db',
		help: 'Absolute path of the SQLite file on a local disk. Every n8n process of this host that names it shares the events',
	},
	{
		name: 'maxFileMegabytes',
		label: 'Size Limit',
		type: 'number',
		section: '',
		default: DEFAULT_MEGABYTES,
		unit: 'MB',
		help: 'At this size the oldest events that every group has processed are removed. If all are unread, publishing is refused',
	},
];

/** @throws EventBusError `settings` */
export function readSettings(settings: Native): EmbeddedSettings {
	const { file, maxFileMegabytes = DEFAULT_MEGABYTES } = settings;
	if (typeof file !== 'string' || file.trim() === '') {
		throw new EventBusError('settings', 'The embedded broker has no file', {
			hint: 'Give the absolute path of a file, for example sqlite:/data/event-bus.db',
		});
	}
	if (typeof maxFileMegabytes !== 'number' || !(maxFileMegabytes >= MIN_MEGABYTES)) {
		throw new EventBusError('settings', `The size limit of ${file} is ${String(maxFileMegabytes)} MB`, {
			hint: `Use at least ${MIN_MEGABYTES} MB`,
		});
	}
	return { file: file.trim(), maxFileBytes: maxFileMegabytes * MEGABYTE };
}
