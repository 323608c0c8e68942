/**
 * A connection URL (EVENT_BUS_URL): its scheme names the broker, the broker reads the rest.
 */
import { EventBusError } from '../kernel/errors';
import { manifests } from './registry';
import { checkSettings } from './settings';
import type { BrokerManifest, Native } from './types';

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/**
 * @throws EventBusError `settings`. Never with the URL itself: it may hold a password.
 */
export function fromConnectionUrl(
	url: string,
	brokers: readonly BrokerManifest[] = manifests,
): { readonly manifest: BrokerManifest; readonly settings: Native } {
	const scheme = SCHEME.exec(url.trim())?.[1]?.toLowerCase();
	const manifest = brokers.find(({ schemes }) => scheme !== undefined && schemes.includes(scheme));
	if (!manifest) {
		throw new EventBusError(
			'settings',
			scheme === undefined ? 'The connection URL has no scheme' : `No broker has the URL scheme "${scheme}"`,
			{
				hint: `Begin with one of: ${brokers.flatMap(({ schemes }) => schemes.map((known) => `${known}:`)).join(', ')}`,
			},
		);
	}
	return { manifest, settings: checkSettings(manifest, manifest.fromUrl(url.trim())) };
}
