/**
 * One run of the workflow for one event or one batch: emit it, wait for its end, turn the end into verdicts.
 */
import type { IRun, ITriggerFunctions } from 'n8n-workflow';
import type { Handler, ReceivedEvent, Verdict } from '../../src/consumer/types';
import { receivedItem } from './items';
import { verdictsOf, type FinishedRun, type RunEnding } from './runVerdict';
import type { RunSettings } from './runSettings';

export type EmitContext = Pick<ITriggerFunctions, 'emit' | 'getWorkflow'> & {
	readonly helpers: Pick<ITriggerFunctions['helpers'], 'createDeferredPromise'>;
};

type HandlerSettings = Pick<RunSettings, 'acknowledge' | 'whenRunWaits' | 'output'>;

/** @param isClosed whether the trigger was closed: an emit after that would start a run of a deactivated workflow */
export function runHandler(context: EmitContext, settings: HandlerSettings, isClosed: () => boolean): Handler {
	const { acknowledge, whenRunWaits, output } = settings;
	const workflowId = context.getWorkflow().id;
	return async (received) => {
		// The events stay with their group, which goes on when the workflow is active again.
		if (isClosed()) throw new Error('The trigger was closed before the run started');
		const items = received.map((one) => receivedItem(one, output));
		if (acknowledge === 'receipt') {
			context.emit([items]);
			return received.map(acknowledged);
		}
		const done = context.helpers.createDeferredPromise<IRun>();
		context.emit([items], undefined, done);
		return verdictsOf(await endingOf(done.promise), received.length, { acknowledge, whenRunWaits, workflowId });
	};
}

/** n8n types the result as a run, and resolves with nothing when it did not start one. */
async function endingOf(done: Promise<FinishedRun | undefined>): Promise<RunEnding> {
	try {
		const run = await done;
		return run ? { kind: 'run', run } : { kind: 'not-started' };
	} catch (error) {
		return { kind: 'rejected', error };
	}
}

function acknowledged(_received: ReceivedEvent): Verdict {
	return { as: 'done' };
}
