/**
 * Names of channels and groups: what every broker can carry, so that a workflow moves between brokers unchanged.
 */
import { EventBusError } from '../kernel/errors';

/** Native names are made of a channel, a group and a suffix of ours, and the strictest broker that takes them whole has 249. */
const MAX_LENGTH = 64;
/** No two dots in a row, and none at the ends: `..` is where an adapter joins names that must not run together. */
const NAME = /^[A-Za-z0-9](?:\.?[A-Za-z0-9_-])*$/;

/**
 * @param what 'channel' or 'consumer group', as it stands in the message
 * @returns the name without surrounding blanks
 * @throws EventBusError `settings`
 */
export function checkName(what: string, name: string): string {
	const trimmed = name.trim();
	if (!NAME.test(trimmed) || trimmed.length > MAX_LENGTH) {
		throw new EventBusError('settings', `"${trimmed.slice(0, 80)}" cannot be the name of a ${what}`, {
			hint: `Use 1 to ${MAX_LENGTH} letters, digits, dashes, underscores and single dots, beginning with a letter or digit and not ending with a dot`,
		});
	}
	return trimmed;
}
