/**
 * A step that is an event: published for whoever does it, and answered by an event.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import { noOutcome } from '../../src/broker/noOutcome';
import { createEvent } from '../../src/event';
import type { EventEnvelope } from '../../src/event/envelope';
import { isJsonObject } from '../../src/event/plainJson';
import { systemClock } from '../../src/kernel/clock';
import { EventBusError, isEventBusError, messageOf } from '../../src/kernel/errors';
import { publishPersistently } from '../../src/publisher/persistently';
import { actionOf, commandId } from '../../src/saga/command';
import { effortOf } from '../../src/saga/state';
import type { StepCall, StepOutcome } from '../../src/saga/types';
import { text } from '../shared/parameters';
import { lenderOf } from '../shared/pool';
import { trailPublished } from '../shared/trail';
import type { SagaLink } from './sagaLink';

export async function publishCommand(
	context: IExecuteFunctions,
	{ bus }: SagaLink,
	call: StepCall,
	signal: AbortSignal,
): Promise<StepOutcome> {
	const { saga, step, direction, timeoutMs } = call;
	const isAnswered = (actionOf(saga, step, direction)?.succeedsOn.length ?? 0) > 0;
	try {
		if (bus === null) throw new EventBusError('bug', 'A saga with command events has no bus');
		const channel = text(isJsonObject(call.command) ? call.command.channel : '');
		const event = eventOf(context, call);
		const [outcome = noOutcome()] = await publishPersistently(
			lenderOf(bus.broker),
			{ kind: 'channel', channel },
			[event],
			{
				format: 'event-bus',
				capabilities: bus.broker.manifest.capabilities,
				provision: 'create',
				timeoutMs,
				signal,
				clock: systemClock,
				random: Math.random,
			},
		);
		if (!outcome.ok) throw outcome.error;
		trailPublished([event], { broker: bus.broker.manifest.kind, channel, at: Date.now() });
		return isAnswered ? { as: 'published' } : { as: 'succeeded', result: { event_id: event.event_id } };
	} catch (error) {
		return {
			as: 'failed',
			error: {
				code: isEventBusError(error) ? error.code : 'publish',
				message: `${step} could not be published: ${messageOf(error)}`,
			},
			mayRetry: isEventBusError(error) && error.retryable,
			// The same event again is recognised by its id, so it is only in doubt when it is not sent again.
			mayHaveHappened: isEventBusError(error) && error.retryable,
		};
	}
}

/** The same at every attempt: whoever has processed it already recognises it. */
function eventOf(
	context: IExecuteFunctions,
	{ saga, step, direction, command, idempotencyKey }: StepCall,
): EventEnvelope {
	const { type, data } = isJsonObject(command) ? command : {};
	return createEvent(
		{
			type: text(type),
			payload: data ?? null,
			id: commandId(saga, step, direction),
			subject: saga.id,
			correlationId: saga.correlationId,
			idempotencyKey,
		},
		{
			now: effortOf(saga, { step, direction }).sentAt,
			defaultSource: saga.source,
			cause: saga.cause,
			workflowId: context.getWorkflow().id,
			executionId: context.getExecutionId(),
		},
	);
}
