/**
 * The panel of a node with resources and operations, and the shorter one that an AI agent gets.
 */
import type { INodeProperties } from 'n8n-workflow';

export interface Resource {
	readonly option: { readonly name: string; readonly value: string; readonly description: string };
	readonly operations: { readonly options: readonly OperationOption[]; readonly default: string };
	/** The operations an AI agent may use. */
	readonly forAgents: readonly string[];
}

export interface OperationOption {
	readonly name: string;
	readonly value: string;
	readonly action: string;
	readonly description: string;
}

/** Resource, and the Operation of each. The first resource is the default. */
export function resourceParameters(resources: readonly Resource[]): INodeProperties[] {
	return [
		// eslint-disable-next-line n8n-nodes-base/node-param-default-missing -- the rule only sees literals
		{
			displayName: 'Resource',
			name: 'resource',
			type: 'options',
			noDataExpression: true,
			options: resources.map(({ option }) => ({ ...option })),
			default: resources[0]?.option.value ?? '',
		},
		...resources.map(operationParameter),
	];
}

function operationParameter({ option, operations }: Resource): INodeProperties {
	// eslint-disable-next-line n8n-nodes-base/node-param-default-missing -- the rule only sees literals
	return {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: [...operations.options],
		default: operations.default,
		displayOptions: { show: { resource: [option.value] } },
	};
}

/** What is left of the resources when only an agent's operations are offered; a default that is not is replaced. */
export function resourcesForAgents(resources: readonly Resource[]): readonly Resource[] {
	return resources.flatMap((resource) => {
		const options = resource.operations.options.filter(({ value }) => resource.forAgents.includes(value));
		const [first] = options;
		if (!first) return [];
		const usual = options.find(({ value }) => value === resource.operations.default) ?? first;
		return [{ ...resource, operations: { options, default: usual.value } }];
	});
}
