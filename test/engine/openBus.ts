/**
 * An engine with this package installed, on the embedded broker a new n8n would use, and a workflow that records every
 * event of the channel.
 */
import type { INode, INodeParameters } from 'n8n-workflow';
import type { EventEnvelope } from '../../src/event/envelope';
import { eventually } from './eventually';
import { installPackage } from './installedPackage';
import { Engine, items, type EngineOptions, type Execution, type WorkflowJson } from './n8nEngine';
import { node, workflow } from './workflowBuilder';

export interface Bus {
	readonly engine: Engine;
	/** Every event of the channel so far, in the order of their occurrence. */
	events(): readonly EventEnvelope[];
	/** Publishes a root event with the Event Bus node of a manual run. */
	publish(eventType: string, payload?: INodeParameters): Promise<EventEnvelope>;
	/** Waits for an event. @throws Error when it does not come */
	event(eventType: string): Promise<EventEnvelope>;
	/** Runs of that workflow, oldest first. */
	runs(of: WorkflowJson): readonly Execution[];
	close(): Promise<void>;
}

/** @param options.record false where the bus cannot work: the recorder would not start */
export async function openBus(options: EngineOptions & { readonly record?: boolean } = {}): Promise<Bus> {
	const installed = await installPackage();
	const engine = await Engine.create({
		...options,
		packages: [installed.folder, ...(options.packages ?? [])],
		// The trail is written a moment later, into a folder that is gone by then: trail.test.ts waits for it.
		env: { EVENT_BUS_URL: undefined, EVENT_BUS_EMBEDDED: undefined, EVENT_BUS_TRAIL: 'off', ...options.env },
	});
	const recorder = workflow('Recorder', [trigger('#', { maxInFlight: 50 }), node('End', 'noOp')]);
	if (options.record !== false) await engine.activate(recorder);

	const runs: Bus['runs'] = ({ id }) => engine.executions.filter(({ workflowId }) => workflowId === id);
	const events = () =>
		runs(recorder)
			.flatMap(({ run }) => (run ? (items(run, TRIGGER) ?? []) : []))
			.map((event) => event as unknown as EventEnvelope)
			.sort((a, b) => a.metadata.hops - b.metadata.hops || a.occurred_at.localeCompare(b.occurred_at));

	return {
		engine,
		events,
		runs,
		async publish(eventType, payload = {}) {
			const run = await engine.runManual(
				workflow('Publisher', [
					node('Start', 'manualTrigger'),
					publish(eventType, { payload: JSON.stringify(payload) }),
				]),
			);
			if (run.data.resultData.error) throw run.data.resultData.error;
			return items(run, `Publish ${eventType}`)?.[0] as unknown as EventEnvelope;
		},
		async event(eventType) {
			const find = () => events().find(({ event_type }) => event_type === eventType);
			await eventually(`an event ${eventType}`, () => find() !== undefined);
			return find() as EventEnvelope;
		},
		async close() {
			await engine.close();
			await installed.remove();
		},
	};
}

const TRIGGER = 'On Event';

/** An Event Bus Trigger named "On Event". */
export function trigger(eventTypes: string, options: INodeParameters = {}, parameters: INodeParameters = {}): INode {
	return node(TRIGGER, 'n8n-nodes-event-bus.eventBusTrigger', { eventTypes, options, ...parameters });
}

/** An Event Bus node named "Publish <type>"; its payload is the input item unless one is given. */
export function publish(eventType: string, parameters: INodeParameters = {}): INode {
	return node(`Publish ${eventType}`, 'n8n-nodes-event-bus.eventBus', {
		eventType,
		...(parameters.payload === undefined ? {} : { payloadSource: 'json' }),
		...parameters,
	});
}
