/**
 * The trigger of an active workflow: a consumer that lives as long as the workflow is active.
 *
 * It reconnects by itself. n8n hears of an error only when waiting does not heal it, because n8n answers each with an
 * immediate restart of the trigger, and after a close even with a consumer nobody owns.
 */
import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { startConsumer } from '../../src/consumer/consumer';
import { EventBusError } from '../../src/kernel/errors';
import { toTriggerError } from './nodeErrors';
import { runHandler } from './runHandler';
import type { OpenHost, RunSettings } from './runSettings';
import { flushTrail, trailOf } from './trail';

/** n8n closes the triggers of all workflows one after the other within its shutdown time of 30 s. */
const DRAIN_MS = 8000;

/**
 * @param watch what else is looked after while the workflow is active; returns how to stop
 * @throws EventBusError; the workflow is not activated then, and n8n says why
 */
export async function liveTrigger(
	context: ITriggerFunctions,
	settings: RunSettings,
	openHost: OpenHost,
	watch: () => () => void,
): Promise<ITriggerResponse> {
	refuseEngine2(context, settings);
	let closed = false;
	const handler = runHandler(context, settings, () => closed);
	const host = await openHost((error) => {
		if (!closed) context.emitError(toTriggerError(context.getNode(), error));
	});
	const consumer = await startConsumer(settings.consumer, handler, { ...host, observe: trailOf(context) });
	const stopWatching = watch();
	return {
		closeFunction: async () => {
			closed = true;
			stopWatching();
			await consumer.close(DRAIN_MS);
			await flushTrail();
		},
	};
}

/** n8n's engine 2.0 refuses every run whose trigger waits for the end, after the event was taken. */
function refuseEngine2(context: ITriggerFunctions, { acknowledge }: RunSettings): void {
	if (context.getWorkflowSettings().engineType !== 'v2' || acknowledge === 'receipt') return;
	throw new EventBusError('unsupported', "n8n's engine 2.0 does not tell a trigger how a run ended", {
		hint: 'Set Acknowledge to On Receipt, or run this workflow with engine 1.0 (workflow settings)',
	});
}
