/**
 * The event trail of this n8n: one recorder a process, on the default event store. What it costs when something is wrong
 * is memories; no node and no trigger ever waits for it or fails by it.
 */
import type { IExecuteFunctions, ITriggerFunctions } from 'n8n-workflow';
import type { ConsumerFact } from '../../src/consumer/types';
import type { EventEnvelope } from '../../src/event/envelope';
import { systemClock } from '../../src/kernel/clock';
import { messageOf } from '../../src/kernel/errors';
import type { ChosenStore } from '../../src/store/stores';
import type { Publishing } from '../../src/trail/facts';
import { TrailRecorder } from '../../src/trail/recorder';
import { defaultStore } from './defaultConnection';
import { borrowStore, n8nLogger } from './pool';
import { readTrailSettings } from './trailSettings';
import { workflowSource } from './workflowSource';

/** How long the end of a trigger waits for its last facts. */
const FLUSH_MS = 1000;

/**
 * n8n ends its triggers one after the other, and has 30 s for all: a store that does not answer costs that time once.
 */
const NO_FLUSH_MS = 30_000;

let noFlushUntil = 0;

/** undefined: nobody asked yet; null: it is off. */
let recorder: TrailRecorder | null | undefined;

/** Remembers what a broker has stored. */
export function trailPublished(events: readonly EventEnvelope[], publishing: Publishing): void {
	if (events.length > 0) recorderOfThisN8n()?.published(events, publishing);
}

/** Who hands events on that are not its own: the workflow of a Forward. */
export function forwarder(context: Pick<IExecuteFunctions, 'getWorkflow' | 'getExecutionId'>): Publishing['by'] {
	const { service, workflowId } = serviceOf(context);
	return { service, workflowId, executionId: context.getExecutionId() };
}

/** Remembers what the consumer of a trigger reports. */
export function trailOf(context: Pick<ITriggerFunctions, 'getWorkflow'>): (fact: ConsumerFact) => void {
	const by = serviceOf(context);
	const trail = recorderOfThisN8n();
	return (fact) => trail?.consumed(fact, by);
}

/** For the end of a trigger: what it reported is written, if the store answers at once. */
export async function flushTrail(): Promise<void> {
	if (!recorder || Date.now() < noFlushUntil) return;
	if (!(await recorder.flush(FLUSH_MS))) noFlushUntil = Date.now() + NO_FLUSH_MS;
}

function serviceOf(context: Pick<ITriggerFunctions, 'getWorkflow'>) {
	return { service: workflowSource(context), workflowId: context.getWorkflow().id ?? null };
}

function recorderOfThisN8n(): TrailRecorder | null {
	if (recorder === undefined) recorder = startRecorder();
	return recorder;
}

function startRecorder(): TrailRecorder | null {
	const { isOn, recorder: settings, warnings } = readTrailSettings(process.env);
	for (const warning of warnings) n8nLogger.warn(`Event trail: ${warning}`);
	const store = isOn ? storeOfThisN8n() : null;
	if (store === null) return null;
	const host = {
		borrowStore: async () => await borrowStore(store),
		clock: systemClock,
		logger: n8nLogger,
		random: Math.random,
	};
	const started = new TrailRecorder(host, settings);
	flushAtEnd(started);
	return started;
}

/** null: there is none by default, which is no mistake where nobody asked for a trail. */
function storeOfThisN8n(): ChosenStore | null {
	try {
		return defaultStore(process.env);
	} catch (error) {
		const message = `The event trail is off, because this n8n has no event store: ${messageOf(error)}`;
		if (process.env.EVENT_STORE_URL?.trim()) n8nLogger.warn(message);
		else n8nLogger.info(message);
		return null;
	}
}

/**
 * A process without triggers (a worker) is told of its end by the signal alone. n8n listens to it as well and takes its time;
 * where nobody listens, a listener of ours would keep the process from ending.
 */
function flushAtEnd(started: TrailRecorder): void {
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		if (process.listenerCount(signal) > 0) process.once(signal, () => void started.flush(FLUSH_MS));
	}
}
