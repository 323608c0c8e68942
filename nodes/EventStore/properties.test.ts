import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { operationOf } from './operations';
import { properties, toolReplacements } from './properties';

/** What a person can choose in a panel: 'stream.append'. */
function choicesOf(panel: readonly INodeProperties[]): readonly string[] {
	const resources = panel.filter(({ name }) => name === 'resource').flatMap(valuesOf);
	return resources.flatMap((resource) =>
		panel
			.filter(({ name, displayOptions }) => name === 'operation' && displayOptions?.show?.resource?.includes(resource))
			.flatMap(valuesOf)
			.map((operation) => `${resource}.${operation}`),
	);
}

function valuesOf({ options }: INodeProperties): readonly string[] {
	return (options as INodePropertyOptions[]).map(({ value }) => String(value));
}

function operationNamed(choice: string): unknown {
	const [resource, operation] = choice.split('.');
	const getNodeParameter = (name: string) => (name === 'resource' ? resource : operation);
	return operationOf({ getNodeParameter: getNodeParameter as never });
}

describe('the panel', () => {
	it.each(choicesOf(properties))('offers %s, which does something', (choice) => {
		expect(operationNamed(choice)).toBeInstanceOf(Function);
	});

	it('offers twenty operations', () => expect(choicesOf(properties)).toHaveLength(20));

	it('says of an operation it does not have what to do', () => {
		expect(() => operationNamed('stream.publish')).toThrow('The Event Store node has no operation "stream.publish"');
	});

	it('lets an AI agent look, and nothing else', () => {
		const forAgents = choicesOf(toolReplacements.properties ?? []);
		expect(forAgents).toEqual([
			'stream.getMany',
			'stream.read',
			'state.get',
			'readModel.find',
			'readModel.get',
			'log.read',
			'subscription.getMany',
			'deadLetter.getMany',
			'outbox.getStatus',
		]);
	});

	it('begins with an operation that an AI agent has too', () => {
		const operations = (toolReplacements.properties ?? []).filter(({ name }) => name === 'operation');
		for (const operation of operations) expect(valuesOf(operation)).toContain(operation.default);
	});
});
