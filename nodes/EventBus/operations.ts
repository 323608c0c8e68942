/**
 * Which file does what the panel says.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import { getStatus } from './channelStatus';
import { deadLetters } from './deadLetters';
import { deleteGroup } from './deleteGroup';
import { forward } from './forward';
import { retryLater, sendToDeadLetter } from './giveVerdict';
import { publish } from './publish';
import { publishAndWait } from './publishAndWait';
import { reply } from './reply';

/** Treats all items of a run; errors of single items are its own business. */
export type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
	'event.publish': publish,
	'event.forward': forward,
	'event.publishAndWait': publishAndWait,
	'event.reply': reply,
	'delivery.retryLater': retryLater,
	'delivery.sendToDeadLetter': sendToDeadLetter,
	'deadLetter.getMany': deadLetters.getMany,
	'deadLetter.redrive': deadLetters.redrive,
	'deadLetter.discard': deadLetters.discard,
	'channel.getStatus': getStatus,
	'channel.deleteGroup': deleteGroup,
};

/** @throws EventBusError `settings` for a combination the panel does not offer */
export function operationOf(context: Pick<IExecuteFunctions, 'getNodeParameter'>): Operation {
	const name = `${context.getNodeParameter('resource', 0)}.${context.getNodeParameter('operation', 0)}`;
	const operation = OPERATIONS[name];
	if (operation) return operation;
	throw new EventBusError('settings', `The Event Bus node has no operation "${name}"`, {
		hint: 'Open the node and choose a resource and an operation',
	});
}
