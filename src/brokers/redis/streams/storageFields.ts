/**
 * How well and how long Redis keeps events: what a broker with a disk and copies does by itself.
 */
import type { Field } from '../../../broker/fields';
import type { Native } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';

const HOUR_MS = 60 * 60 * 1000;

export const STORAGE_FIELDS: readonly Field[] = [
	{
		name: 'keepHours',
		label: 'Keep Settled Events',
		type: 'number',
		section: '',
		default: 1,
		unit: 'hours',
		help: 'How long an event stays in the stream after every consumer group has settled it, for groups that start later. It takes memory of Redis',
	},
	{
		name: 'replicas',
		label: 'Confirmed by Replicas',
		type: 'number',
		section: '',
		default: 0,
		help: 'How many replicas must have an event before its publish succeeds (WAIT), so that a failover loses none. 0: the master alone confirms',
	},
];

export interface Storage {
	/** Milliseconds. */
	readonly keepMs: number;
	readonly replicas: number;
}

/** @throws EventBusError `settings` */
export function readStorage(settings: Native): Storage {
	const number = (name: string, otherwise: number): number => {
		const value = settings[name] ?? otherwise;
		if (typeof value === 'number' && value >= 0) return value;
		const label = STORAGE_FIELDS.find((field) => field.name === name)?.label ?? name;
		throw new EventBusError('settings', `${label} is ${JSON.stringify(value)}`, { hint: 'Use 0, or a number above' });
	};
	return { keepMs: number('keepHours', 1) * HOUR_MS, replicas: Math.ceil(number('replicas', 0)) };
}
