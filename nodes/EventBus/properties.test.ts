import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { operationOf } from './operations';
import { properties, toolReplacements } from './properties';

interface Choice {
	readonly resource: string;
	readonly operation: string;
}

/** What a person can choose in a panel. */
function choicesOf(panel: readonly INodeProperties[]): readonly Choice[] {
	const resources = panel.filter(({ name }) => name === 'resource').flatMap(valuesOf);
	return resources.flatMap((resource) =>
		panel
			.filter(({ name, displayOptions }) => name === 'operation' && displayOptions?.show?.resource?.includes(resource))
			.flatMap(valuesOf)
			.map((operation) => ({ resource, operation })),
	);
}

function valuesOf({ options }: INodeProperties): readonly string[] {
	return (options as INodePropertyOptions[]).map(({ value }) => String(value));
}

describe('the panel', () => {
	it.each(choicesOf(properties))('offers $resource → $operation, which does something', (choice) => {
		const getNodeParameter = (name: 'resource' | 'operation') => choice[name];
		expect(operationOf({ getNodeParameter: getNodeParameter as never })).toBeInstanceOf(Function);
	});

	it('offers eleven operations', () => expect(choicesOf(properties)).toHaveLength(11));

	it('lets an AI agent publish and look, and nothing else', () => {
		expect(choicesOf(toolReplacements.properties ?? [])).toEqual([
			{ resource: 'event', operation: 'publish' },
			{ resource: 'event', operation: 'publishAndWait' },
			{ resource: 'deadLetter', operation: 'getMany' },
			{ resource: 'channel', operation: 'getStatus' },
		]);
	});
});
