/**
 * n8n with this package and n8n's own nodes side by side, all on one real server.
 */
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import type { Server } from '../../scripts/servers/server';
import { eventually } from '../engine/eventually';
import { items, type EngineCredential, type WorkflowJson } from '../engine/n8nEngine';
import { openBus, type Bus } from '../engine/openBus';
import { node, workflow } from '../engine/workflowBuilder';
import { startServer } from './onServer';

const START_MS = 180_000;

/** A credential of n8n's own nodes. */
export function builtInCredential(type: string, data: EngineCredential['data']): EngineCredential {
	return { id: `built-in-${type}`, name: type, type, data };
}

/**
 * Starts a server and an engine for the tests of a file. Our nodes use EVENT_BUS_URL, n8n's own the credential; a
 * recorder of ours gets every event of the channel `events`.
 */
export function withBuiltInNodes(kind: string, credentialFor: (server: Server) => EngineCredential) {
	let server: Server | null = null;
	let bus: Bus | null = null;
	beforeAll(async () => {
		server = await startServer(kind);
		bus = await openBus({ env: { EVENT_BUS_URL: server.url() }, credentials: [credentialFor(server)] });
	}, START_MS);
	afterAll(async () => {
		await bus?.close();
		await server?.[Symbol.asyncDispose]();
	}, START_MS);
	return {
		get server(): Server {
			if (server) return server;
			throw new Error(`The server of ${kind} is not started`);
		},
		get bus(): Bus {
			if (bus) return bus;
			throw new Error('The engine is not started');
		},
	};
}

/** One of n8n's own nodes, with the credential of its kind. */
export function builtIn(type: string, credential: string, parameters: INodeParameters, typeVersion = 1): INode {
	const credentials = { [credential]: { id: `built-in-${credential}`, name: credential } };
	return node('Built In', type, parameters, { typeVersion, credentials });
}

/** Sends one item with a node, as a person who clicks "Execute workflow". */
export async function sendBy({ engine }: Bus, sender: INode, item: IDataObject): Promise<void> {
	const set = node('Item', 'set', { mode: 'raw', jsonOutput: JSON.stringify(item) }, { typeVersion: 3.4 });
	const run = await engine.runManual(workflow('Sender', [node('Start', 'manualTrigger'), set, sender]));
	if (run.data.resultData.error) throw run.data.resultData.error;
}

/** The items a trigger of a published workflow has put out so far. */
export function itemsOf(bus: Bus, { id, nodes }: WorkflowJson): IDataObject[] {
	const [trigger] = nodes;
	return bus.engine.executions
		.filter(({ workflowId }) => workflowId === id)
		.flatMap(({ run }) => (run && trigger && items(run, trigger.name)) ?? []);
}

/** A published workflow that starts with this node. */
export async function listenWith({ engine }: Bus, trigger: INode, name = 'Listener'): Promise<WorkflowJson> {
	const listener = workflow(name, [trigger, node('End', 'noOp')]);
	await engine.activate(listener);
	return listener;
}

/** The first item that the trigger of the workflow got, of those that are meant. */
export async function firstItem(
	bus: Bus,
	of: WorkflowJson,
	isMeant: (item: IDataObject) => boolean = () => true,
): Promise<IDataObject> {
	const find = () => itemsOf(bus, of).find(isMeant);
	await eventually(`an item of ${of.name}`, () => find() !== undefined);
	return find() as IDataObject;
}
