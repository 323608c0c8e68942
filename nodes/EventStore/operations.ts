/**
 * Which file does what the panel says.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { EventBusError } from '../../src/kernel/errors';
import { append } from './append';
import { clearReadModel, deleteDocument, patchDocument, putDocument } from './changeDocument';
import { deadLetters } from './deadLetters';
import { findDocuments, getDocument } from './getDocuments';
import { getState } from './getState';
import { getStreams } from './getStreams';
import { getOutboxStatus } from './outboxStatus';
import { readLogEvents, readStreamEvents } from './readEvents';
import { getSubscriptions, pause, removeSubscription, resetSubscription, resume } from './subscriptions';

/** Treats all items of a run; errors of single items are its own business. */
export type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
	'stream.append': append,
	'stream.read': readStreamEvents,
	'stream.getMany': getStreams,
	'state.get': getState,
	'readModel.put': putDocument,
	'readModel.patch': patchDocument,
	'readModel.get': getDocument,
	'readModel.find': findDocuments,
	'readModel.delete': deleteDocument,
	'readModel.clear': clearReadModel,
	'log.read': readLogEvents,
	'subscription.getMany': getSubscriptions,
	'subscription.reset': resetSubscription,
	'subscription.pause': pause,
	'subscription.resume': resume,
	'subscription.delete': removeSubscription,
	'deadLetter.getMany': deadLetters.getMany,
	'deadLetter.redrive': deadLetters.redrive,
	'deadLetter.discard': deadLetters.discard,
	'outbox.getStatus': getOutboxStatus,
};

/** @throws EventBusError `settings` for a combination the panel does not offer */
export function operationOf(context: Pick<IExecuteFunctions, 'getNodeParameter'>): Operation {
	const name = `${context.getNodeParameter('resource', 0)}.${context.getNodeParameter('operation', 0)}`;
	const operation = OPERATIONS[name];
	if (operation) return operation;
	throw new EventBusError('settings', `The Event Store node has no operation "${name}"`, {
		hint: 'Open the node and choose a resource and an operation',
	});
}
