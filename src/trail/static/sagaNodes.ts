/**
 * What a Saga node publishes and waits for, and what a Saga Trigger listens to, read from their saved parameters.
 */
import { OUTCOMES } from '../../saga/facts';
import { EVENT_STORE } from '../places';
import type { Listens, Sends } from './busNodes';
import { busChannelOf, constant, DEFAULT_CHANNEL, patternsOf } from './parameters';
import { type Fields, fieldsOf, textOf, type WorkflowNode } from './workflowFile';

export function sentBySaga(node: WorkflowNode): Sends[] {
	if (!runsSaga(node)) return [];
	const sent = { node, what: 'event', source: undefined } as const;
	const commands = commandsOf(node).map(({ eventType, channel }) => ({ ...sent, eventType, channel }));
	const { outcomeChannel } = fieldsOf(node.parameters.options);
	const channel = outcomeChannel === undefined ? DEFAULT_CHANNEL : constant(outcomeChannel);
	if (channel === '') return commands;
	const outcomes = OUTCOMES.map((outcome): Sends => {
		const eventType = `saga.${outcome}`;
		return { ...sent, what: 'offer', eventType, channel: busChannelOf(node, channel, 'busConnection') };
	});
	return [...commands, ...outcomes];
}

/** The answers to its commands. */
export function awaitedBySaga(node: WorkflowNode): Listens[] {
	if (!runsSaga(node)) return [];
	return commandsOf(node)
		.filter(({ answers }) => answers.length > 0)
		.map(({ answers, channel }) => ({ node, types: answers, channel, group: 'sagas', starts: false }));
}

export function heardBySagaTrigger(node: WorkflowNode, group: string): Listens[] {
	const { mode, outcomes } = node.parameters;
	if (mode !== 'outcomes') return [];
	const chosen = Array.isArray(outcomes) ? outcomes.map(textOf) : OUTCOMES;
	return [{ node, types: chosen.map((outcome) => `saga.${outcome}`), channel: EVENT_STORE, group, starts: true }];
}

interface Command {
	readonly eventType: string;
	readonly channel: string;
	/** Patterns. */
	readonly answers: readonly string[];
}

function commandsOf(node: WorkflowNode): Command[] {
	const { values } = fieldsOf(node.parameters.steps);
	const rows = Array.isArray(values) ? values.map(fieldsOf) : [];
	return rows.flatMap((row) => {
		const options = fieldsOf(row.options);
		const channel = busChannelOf(node, constant(options.channel) || DEFAULT_CHANNEL, 'busConnection');
		const does = { eventType: row.eventType, succeedsOn: row.succeedsOn, failsOn: row.failsOn };
		const undoes = {
			eventType: row.undoEventType,
			succeedsOn: options.undoSucceedsOn,
			failsOn: options.undoFailsOn,
		};
		return [...(row.do === 'event' ? [does] : []), ...(row.undo === 'event' ? [undoes] : [])].map((fields) =>
			commandOf(fields, channel),
		);
	});
}

function commandOf({ eventType, succeedsOn, failsOn }: Fields, channel: string): Command {
	const answers = [succeedsOn, failsOn].map(constant).filter((text) => text !== '');
	return { eventType: constant(eventType), channel, answers: answers.flatMap(patternsOf) };
}

function runsSaga({ parameters }: WorkflowNode): boolean {
	return parameters.operation === undefined || parameters.operation === 'run';
}
