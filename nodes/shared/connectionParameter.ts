/**
 * The Connection parameter, the same in every node: which broker carries the events.
 *
 * It is called `connection` because n8n hides a parameter named `authentication`. In each node's description the
 * credential is required, and only there for *Credential*: n8n silently attaches an optional one to every node that is
 * opened.
 */
import type { INodeProperties } from 'n8n-workflow';

export const connectionParameter: INodeProperties = {
	displayName: 'Connection',
	name: 'connection',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			// eslint-disable-next-line n8n-nodes-base/node-param-display-name-miscased -- n8n writes its name small
			name: "This n8n's Default",
			value: 'default',
			description: 'The broker in the variable EVENT_BUS_URL, else the built-in one. Nothing to set up.',
		},
		{ name: 'Credential', value: 'credential', description: 'The broker of an Event Bus credential' },
	],
	default: 'default',
	description: 'Which broker carries the events',
};

/** Shows a name instead of a choice: the canvas cannot tell which broker a node uses. */
export const brokerInUseParameter: INodeProperties = {
	// n8n has no read-only line that a node can fill, so it is a list with the one entry that is true.
	// eslint-disable-next-line n8n-nodes-base/node-param-display-name-wrong-for-dynamic-options -- nothing is chosen by name or ID here
	displayName: 'Broker in Use',
	name: 'brokerInUse',
	type: 'options',
	noDataExpression: true,
	typeOptions: { loadOptionsMethod: 'getBrokerInUse', loadOptionsDependsOn: ['connection'] },
	options: [],
	default: 'inUse',
	// eslint-disable-next-line n8n-nodes-base/node-param-description-wrong-for-dynamic-options -- as above
	description: 'The broker this node talks to, as the connection above says. Shown only, there is nothing to choose.',
};
