/**
 * What the triggers have in common: how an event becomes a run, and what the run's end means.
 */
import type { StartPosition } from '../../src/broker/types';
import type { ConsumerHost, ConsumerSettings } from '../../src/consumer/types';
import type { EventBusError } from '../../src/kernel/errors';

export interface RunSettings {
	readonly acknowledge: 'success' | 'end' | 'receipt';
	readonly whenRunWaits: 'acknowledge' | 'deadLetter';
	readonly output: 'event' | 'payload';
	readonly testWith: 'newest' | 'next';
	readonly consumer: ConsumerSettings;
}

/** What is consumed from; `onFatal` is called for what waiting does not heal. @throws EventBusError `settings` */
export type OpenHost = (onFatal: (error: EventBusError) => void) => Promise<ConsumerHost>;

/** Where a test run that looks for the newest stored event begins; null: nothing is stored. */
export type LookBack = (host: ConsumerHost) => Promise<StartPosition | null>;
