/**
 * The embedded broker's commands as its connection and subscriptions call them.
 */
import type { CommandPort } from '../../sqlite/file';
import type { sqliteModule } from './brokerModule';

export type BrokerPort = CommandPort<typeof sqliteModule>;

/** Bodies in one answer of the thread, bytes: more would only crowd the memory of both sides. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
