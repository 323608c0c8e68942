/**
 * `sqlite:` URLs: a file of this host, and what else is set for it.
 */
import { EventBusError } from '../kernel/errors';

/**
 * `sqlite:/data/bus.db?name=value`; three slashes are fine too. `sqlite:` alone names no file: the host fills it in.
 *
 * @returns `file`, if it is named, and the values of the query
 * @throws EventBusError `settings`
 */
export function settingsFromFileUrl(url: string): Readonly<Record<string, string>> {
	const [, place = '', query = ''] = /^[a-z]+:([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? [];
	let file: string;
	try {
		file = decodeURIComponent(place).replace(/^\/\/(?=\/)/, '');
	} catch {
		throw new EventBusError('settings', 'The path in the sqlite: URL has a % that is no escape', {
			hint: 'Write a percent sign as %25',
		});
	}
	if (file.startsWith('//')) {
		throw new EventBusError('settings', 'A sqlite: URL names a file of this host, not a server', {
			hint: 'Write sqlite:/absolute/path.db, with one slash or three',
		});
	}
	return { ...(file === '' ? {} : { file }), ...Object.fromEntries(new URLSearchParams(query)) };
}
