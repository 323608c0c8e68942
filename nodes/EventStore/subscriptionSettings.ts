/**
 * Parameters of Subscription, read, defaulted and narrowed here and nowhere else.
 */
import { EventBusError } from '../../src/kernel/errors';
import { checkModelName } from '../../src/store/names';
import type { Restart } from '../../src/store/subscriptionCare';
import { locatedName } from '../shared/locator';
import { choice, count, list, requiredText, time } from '../shared/parameters';
import { reader, type SettingsContext } from './settings';

/** @throws EventBusError `settings` */
export function readSubscription(context: SettingsContext, itemIndex: number): string {
	return requiredText('Subscription', locatedName(context.getNodeParameter('subscription', itemIndex, '')));
}

export interface ResetSettings {
	readonly from: Restart;
	/** Emptied with it. */
	readonly models: readonly string[];
}

/** @throws EventBusError `settings` */
export function readReset(context: SettingsContext, itemIndex: number): ResetSettings {
	const read = reader(context, itemIndex);
	return {
		from: readRestart(context, itemIndex),
		models: list(read('clearReadModels', '')).map(checkModelName),
	};
}

function readRestart(context: SettingsContext, itemIndex: number): Restart {
	const read = reader(context, itemIndex);
	const at = choice('Read Again From', read('resetTo', 'beginning'), ['beginning', 'position', 'time']);
	if (at === 'beginning') return { at };
	if (at === 'position') return { at, position: count('After Position', read('resetPosition', 0), 0) };
	const moment = time('Time', read('resetTime', ''), context.getTimezone());
	if (moment !== undefined) return { at, time: moment };
	throw new EventBusError('settings', 'Time is empty', { hint: 'Choose the time from which events are read again' });
}
