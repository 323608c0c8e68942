/**
 * What a node of the package publishes or consumes, read from its saved parameters. n8n saves none that has its default.
 */
import { replyChannelOf } from '../../publisher/requestReply';
import { deadLettersOf, EVENT_STORE, existing } from '../places';
import { busChannelOf, constant, DEFAULT_CHANNEL, patternsOf } from './parameters';
import { awaitedBySaga, heardBySagaTrigger, sentBySaga } from './sagaNodes';
import { fieldsOf, textOf, type Workflow, type WorkflowNode } from './workflowFile';

export interface Sends {
	readonly node: WorkflowNode;
	/**
	 * forward, reply: what it is called follows from the event that started the run. offer: nothing is missing when nobody
	 * consumes it.
	 */
	readonly what: 'event' | 'forward' | 'reply' | 'offer';
	/** '': follows from what it answers. */
	readonly eventType: string;
	readonly channel: string;
	/** undefined: the workflow. */
	readonly source: string | undefined;
}

export interface Listens {
	readonly node: WorkflowNode;
	/** Patterns. */
	readonly types: readonly string[];
	readonly channel: string;
	readonly group: string;
	/** Whether an event starts a run; otherwise a run waits for it. */
	readonly starts: boolean;
}

export function sendsOf(node: WorkflowNode): readonly Sends[] {
	if (!node.ofThisPackage) return [];
	switch (node.type.replace(/Tool$/, '')) {
		case 'eventBus':
			return sentByBus(node);
		case 'eventStore':
			return sentByStore(node);
		case 'saga':
			return sentBySaga(node);
		default:
			return [];
	}
}

export function listensOf(node: WorkflowNode, workflow: Workflow): readonly Listens[] {
	if (!node.ofThisPackage) return [];
	const group = `${workflow.id}.${node.id}`;
	switch (node.type.replace(/Tool$/, '')) {
		case 'eventBusTrigger':
			return [listensToBus(node, group)];
		case 'eventStoreTrigger':
			return [listensToStore(node, group)];
		case 'eventBus':
			return waitsForReply(node);
		case 'saga':
			return awaitedBySaga(node);
		case 'sagaTrigger':
			return heardBySagaTrigger(node, group);
		default:
			return [];
	}
}

function sentByBus(node: WorkflowNode): Sends[] {
	if (operationOf(node, 'event', 'publish').resource !== 'event') return [];
	const sent = { node, eventType: constant(node.parameters.eventType), source: sourceOf(node) };
	switch (operationOf(node, 'event', 'publish').operation) {
		case 'publish':
			return [{ ...sent, what: 'event', channel: targetOf(node) }];
		case 'publishAndWait':
			return [{ ...sent, what: 'event', channel: busChannel(node) }];
		case 'forward':
			return [{ ...sent, what: 'forward', eventType: '', channel: targetOf(node) }];
		case 'reply':
			// Who asked says where to: the reply channel of the channel it was asked on.
			return [{ ...sent, what: 'reply', channel: '' }];
		default:
			return [];
	}
}

function sentByStore(node: WorkflowNode): Sends[] {
	const { resource, operation } = operationOf(node, 'stream', 'append');
	if (resource !== 'stream' || operation !== 'append') return [];
	const appended: Sends = {
		node,
		what: 'event',
		eventType: constant(node.parameters.eventType),
		channel: storePlace(node),
		source: sourceOf(node),
	};
	if (node.parameters.alsoPublish !== true) return [appended];
	return [appended, { ...appended, channel: busChannel(node, 'busConnection') }];
}

function listensToBus(node: WorkflowNode, ownGroup: string): Listens {
	const { parameters } = node;
	const toDeadLetters = parameters.listenTo === 'deadLetters';
	const owned = constant(fieldsOf(parameters.options).existing);
	const source = owned === '' ? busChannel(node) : existing(owned);
	return {
		node,
		types: patternsOf(parameters.eventTypes),
		channel: toDeadLetters ? deadLettersOf(source) : source,
		group: toDeadLetters ? ownGroup : constant(parameters.group) || ownGroup,
		starts: true,
	};
}

function listensToStore(node: WorkflowNode, ownGroup: string): Listens {
	return {
		node,
		types: patternsOf(node.parameters.eventTypes),
		channel: storePlace(node),
		group: constant(node.parameters.subscription) || ownGroup,
		starts: true,
	};
}

function waitsForReply(node: WorkflowNode): Listens[] {
	const { resource, operation } = operationOf(node, 'event', 'publish');
	if (resource !== 'event' || operation !== 'publishAndWait') return [];
	return [{ node, types: ['#'], channel: replyChannelOf(busChannel(node)), group: 'replies', starts: false }];
}

function operationOf({ parameters }: WorkflowNode, resource: string, operation: string) {
	return { resource: textOf(parameters.resource) || resource, operation: textOf(parameters.operation) || operation };
}

function targetOf(node: WorkflowNode): string {
	if (node.parameters.sendTo === 'existing') return existing(constant(node.parameters.existing));
	return busChannel(node);
}

function busChannel(node: WorkflowNode, connection?: string): string {
	return busChannelOf(node, constant(node.parameters.channel) || DEFAULT_CHANNEL, connection);
}

function storePlace(node: WorkflowNode): string {
	if (node.parameters.connection !== 'credential') return EVENT_STORE;
	return `${EVENT_STORE} (${textOf(node.credentials.eventStoreApi) || 'credential'})`;
}

function sourceOf(node: WorkflowNode): string | undefined {
	return constant(fieldsOf(node.parameters.options).source) || undefined;
}
