/**
 * A connection URL (EVENT_BUS_URL, EVENT_STORE_URL): its scheme names the manifest, which reads the rest.
 */
import { EventBusError } from '../kernel/errors';
import { checkSettings } from './settings';
import type { Manifest, Native } from './types';

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/**
 * @throws EventBusError `settings`. Never with the URL itself: it may hold a password.
 */
export function fromConnectionUrl<M extends Manifest<unknown>>(
	url: string,
	manifests: readonly M[],
): { readonly manifest: M; readonly settings: Native } {
	const scheme = SCHEME.exec(url.trim())?.[1]?.toLowerCase();
	const manifest = manifests.find(({ schemes }) => scheme !== undefined && schemes.includes(scheme));
	if (!manifest) {
		throw new EventBusError(
			'settings',
			scheme === undefined ? 'The connection URL has no scheme' : `Nothing has the URL scheme "${scheme}"`,
			{
				hint: `Begin with one of: ${manifests.flatMap(({ schemes }) => schemes.map((known) => `${known}:`)).join(', ')}`,
			},
		);
	}
	return { manifest, settings: checkSettings(manifest, manifest.fromUrl(url.trim())) };
}
