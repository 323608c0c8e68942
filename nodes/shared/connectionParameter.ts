/**
 * The Connection parameter, the same in every node: which broker carries the events, or which store keeps them.
 *
 * It is called `connection` because n8n hides a parameter named `authentication`. In each node's description the
 * credential is required, and only there for *Credential*: n8n silently attaches an optional one to every node that is
 * opened.
 */
import type { INodeProperties } from 'n8n-workflow';

interface ConnectionTexts {
	readonly displayName: string;
	readonly name: string;
	readonly description: string;
	/** What *This n8n's Default* means. */
	readonly byDefault: string;
	/** What *Credential* means. */
	readonly byCredential: string;
}

function connectionChoice({
	displayName,
	name,
	description,
	byDefault,
	byCredential,
}: ConnectionTexts): INodeProperties {
	return {
		displayName,
		name,
		type: 'options',
		noDataExpression: true,
		options: [
			{
				// eslint-disable-next-line n8n-nodes-base/node-param-display-name-miscased -- n8n writes its name small
				name: "This n8n's Default",
				value: 'default',
				description: byDefault,
			},
			{ name: 'Credential', value: 'credential', description: byCredential },
		],
		default: 'default',
		description,
	};
}

interface InUseTexts {
	readonly displayName: string;
	readonly name: string;
	readonly description: string;
	/** The method of the node that tells it. */
	readonly loadOptionsMethod: string;
	/** The Connection parameter it follows. */
	readonly connection: string;
}

/** Shows a name instead of a choice: the canvas cannot tell which broker or store a node uses. */
function inUse({ displayName, name, description, loadOptionsMethod, connection }: InUseTexts): INodeProperties {
	// n8n has no read-only line that a node can fill, so it is a list with the one entry that is true.
	return {
		displayName,
		name,
		type: 'options',
		noDataExpression: true,
		typeOptions: { loadOptionsMethod, loadOptionsDependsOn: [connection] },
		options: [],
		default: 'inUse',
		description,
	};
}

const DEFAULT_BROKER = 'The broker in the variable EVENT_BUS_URL, else the built-in one. Nothing to set up.';
const BROKER_OF_CREDENTIAL = 'The broker of an Event Bus credential';

export const connectionParameter = connectionChoice({
	displayName: 'Connection',
	name: 'connection',
	description: 'Which broker carries the events',
	byDefault: DEFAULT_BROKER,
	byCredential: BROKER_OF_CREDENTIAL,
});

export const brokerInUseParameter = inUse({
	displayName: 'Broker in Use',
	name: 'brokerInUse',
	description: 'The broker this node talks to, as the connection above says. Shown only, there is nothing to choose.',
	loadOptionsMethod: 'getBrokerInUse',
	connection: 'connection',
});

export const storeConnectionParameter = connectionChoice({
	displayName: 'Connection',
	name: 'connection',
	description: 'Which event store keeps the events',
	byDefault: 'The store in the variable EVENT_STORE_URL, else the built-in one. Nothing to set up.',
	byCredential: 'The store of an Event Store credential',
});

export const storeInUseParameter = inUse({
	displayName: 'Store in Use',
	name: 'storeInUse',
	description: 'The store this node talks to, as the connection above says. Shown only, there is nothing to choose.',
	loadOptionsMethod: 'getStoreInUse',
	connection: 'connection',
});

/** Of a node that has a store as its connection, and a bus besides. */
export const BUS_CONNECTION = 'busConnection';

export const busConnectionParameter = connectionChoice({
	displayName: 'Event Bus',
	name: BUS_CONNECTION,
	description: 'Which broker carries the events',
	byDefault: DEFAULT_BROKER,
	byCredential: BROKER_OF_CREDENTIAL,
});

export const busInUseParameter = inUse({
	displayName: 'Broker in Use',
	name: 'brokerInUse',
	description: 'The broker the events go to, as the choice above says. Shown only, there is nothing to choose.',
	loadOptionsMethod: 'getBusInUse',
	connection: BUS_CONNECTION,
});
