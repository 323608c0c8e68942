/**
 * Delivery → Retry Later and Send to Dead Letter: the verdict on the event that started this run.
 *
 * The run goes on and ends green; the trigger reads the verdict from the run's custom data when it is over.
 */
import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import { CauseFinder, type Cause, type RunTrigger } from '../shared/cause';
import { addToNote, VERDICT_KEY, type NoteEntry } from '../shared/verdictNote';
import { eachItem } from '../shared/eachItem';
import { readVerdict } from './settings';

export async function retryLater(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await giveVerdict(context, 'retry');
}

export async function sendToDeadLetter(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await giveVerdict(context, 'dead-letter');
}

/** The items go on unchanged, so that a branch can still tell somebody. */
async function giveVerdict(context: IExecuteFunctions, as: NoteEntry['as']): Promise<INodeExecutionData[]> {
	const causes = new CauseFinder(context);
	if (context.getMode() === 'manual') {
		const message = 'In a test run the verdict is only noted: the event belongs to the active workflow';
		context.addExecutionHints({ message, type: 'info', location: 'outputPane' });
	}
	return await eachItem(context, async (itemIndex, item) => {
		const trigger = settlingTrigger(causes.trigger);
		const { delayMs, reason } = readVerdict(context, itemIndex);
		const items = batchItems(trigger, causes.causeOf(item, itemIndex));
		leaveNote(context, {
			as,
			reason,
			items,
			...(as === 'retry' && delayMs !== undefined ? { delayMs } : {}),
		});
		return await Promise.resolve([{ ...item, pairedItem: { item: itemIndex } }]);
	});
}

function settlingTrigger(trigger: RunTrigger | null): RunTrigger {
	if (!trigger?.isSettling) {
		throw new EventBusError('settings', 'No Event Bus Trigger started this run, so there is no delivery to decide on', {
			hint: 'Use this operation in the workflow of the trigger itself. A sub-workflow has a run of its own: return to its caller first.',
		});
	}
	if (trigger.parameters.acknowledge === 'receipt') {
		throw new EventBusError('settings', `"${trigger.name}" acknowledges on receipt, so the event is settled already`, {
			hint: 'Set Acknowledge of the trigger to When the Run Succeeds',
		});
	}
	return trigger;
}

/** Which events of a batch are meant; null: the one event, or all that went into the item. */
function batchItems({ events }: RunTrigger, cause: Cause): readonly number[] | null {
	if (events.length === 1 || cause.kind !== 'event' || cause.batchIndex === null) return null;
	return [cause.batchIndex];
}

/** n8n drops an eleventh key silently, hence the look at what was kept. */
function leaveNote(context: IExecuteFunctions, entry: NoteEntry): void {
	const note = addToNote(context.customData.get(VERDICT_KEY), entry);
	context.customData.set(VERDICT_KEY, note);
	if (context.customData.get(VERDICT_KEY) === note) return;
	const error = new NodeOperationError(context.getNode(), 'The run has no room left for the verdict', {
		description:
			'n8n keeps ten values of custom data a run, and other nodes of this workflow set them all. The verdict holds, but the run ends with this error: set fewer values.',
	});
	// The trigger reads the verdict from the error instead.
	error.context[VERDICT_KEY] = note;
	throw error;
}
