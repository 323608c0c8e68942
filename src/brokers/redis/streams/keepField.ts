/**
 * How long events stay in a stream that nobody needs any more: Redis keeps them in memory.
 */
import type { Field } from '../../../broker/fields';
import type { Native } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';

const HOUR_MS = 60 * 60 * 1000;

export const KEEP_FIELD: Field = {
	name: 'keepHours',
	label: 'Keep Settled Events',
	type: 'number',
	section: '',
	default: 1,
	unit: 'hours',
	help: 'How long an event stays in the stream after every consumer group has settled it, for groups that start later. It takes memory of Redis',
};

/** @returns milliseconds. @throws EventBusError `settings` */
export function keepMsOf(settings: Native): number {
	const hours = settings[KEEP_FIELD.name] ?? KEEP_FIELD.default;
	if (typeof hours === 'number' && hours >= 0) return hours * HOUR_MS;
	throw new EventBusError('settings', `${KEEP_FIELD.label} cannot be less than nothing`, {
		hint: 'Use 0 hours, or more',
	});
}
