/**
 * What a step of a saga tells the sub-workflow it calls, as `saga` beside the data: a wire format for workflows, hence
 * snake_case.
 */
import type { EventEnvelope } from '../../src/event/envelope';
import { isObject } from './items';

export interface SagaCommand {
	readonly id: string;
	readonly name: string;
	readonly step: string;
	readonly direction: 'do' | 'undo';
	readonly attempt: number;
	/** The same at each attempt. */
	readonly idempotency_key: string;
	readonly correlation_id: string;
	/** What stands for the command as the cause of events. */
	readonly command_id: string;
	readonly hops: number;
}

/** The command as the event that caused what the sub-workflow publishes; null: the item carries none. */
export function commandOf(json: unknown): EventEnvelope | null {
	const command = isObject(json) && isObject(json.saga) ? json.saga : null;
	if (command === null) return null;
	const { command_id, correlation_id, hops, name, step } = command;
	const isCommand = typeof command_id === 'string' && typeof correlation_id === 'string' && typeof hops === 'number';
	if (!isCommand) return null;
	return {
		event_id: command_id,
		event_type: 'saga.command',
		event_version: '1.0',
		occurred_at: new Date(0).toISOString(),
		source: `saga/${String(name)}/${String(step)}`,
		payload: null,
		metadata: { correlation_id, hops, timestamp: new Date(0).toISOString() },
	};
}
