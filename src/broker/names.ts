/**
 * Names of channels and groups: what every broker can carry, so that a workflow moves between brokers unchanged.
 */
import { EventBusError } from '../kernel/errors';

/** SQS queue names end at 80 characters, and a native name is `<channel>.<group>` plus a suffix of ours. */
const MAX_LENGTH = 64;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * @param what 'channel' or 'consumer group', as it stands in the message
 * @returns the name without surrounding blanks
 * @throws EventBusError `settings`
 */
export function checkName(what: string, name: string): string {
	const trimmed = name.trim();
	if (!NAME.test(trimmed) || trimmed.length > MAX_LENGTH) {
		throw new EventBusError('settings', `"${trimmed.slice(0, 80)}" cannot be the name of a ${what}`, {
			hint: `Use 1 to ${MAX_LENGTH} letters, digits, dots, dashes and underscores, beginning with a letter or digit`,
		});
	}
	return trimmed;
}
