/**
 * The embedded store: a SQLite file of this host.
 */
import type { Field } from '../../broker/fields';
import type { Native } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { settingsFromFileUrl } from '../../sqlite/fileUrl';
import type { StoreManifest } from '../manifest';
import { openSqliteEngine } from './engine';

const OPEN_TIMEOUT_MS = 20_000;

const FIELDS: readonly Field[] = [
	{
		name: 'file',
		label: 'File',
		type: 'text',
		section: '',
		default: '',
		placeholder: '/data/event-store.db',
		help: 'Absolute path of the SQLite file on a local disk. Every n8n process of this host that names it shares the store',
	},
];

export const sqliteStore: StoreManifest = {
	kind: 'sqlite',
	label: 'SQLite',
	summary: 'A file of this host, without a server',
	fields: FIELDS,
	schemes: ['sqlite'],
	exampleUrls: ['sqlite:/data/event-store.db'],
	fromUrl: settingsFromFileUrl,
	describe: (settings) => `SQLite ${fileOf(settings)}`.trim(),
	async open(settings, { clock, logger, signal }) {
		const file = fileOf(settings);
		if (file === '') {
			throw new EventBusError('settings', 'The event store has no file', {
				hint: 'Give the absolute path of a file, for example sqlite:/data/event-store.db',
			});
		}
		return await openSqliteEngine(file, { clock, logger }, { signal, timeoutMs: OPEN_TIMEOUT_MS });
	},
};

function fileOf({ file }: Native): string {
	return typeof file === 'string' ? file.trim() : '';
}
