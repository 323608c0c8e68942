/**
 * docs/reference/nodes.md, rendered from the descriptions that n8n shows, so that it cannot say anything else.
 */
import type {
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';
import { EventBus } from '../../nodes/EventBus/EventBus.node';
import { EventBusTrigger } from '../../nodes/EventBusTrigger/EventBusTrigger.node';
import { EventStore } from '../../nodes/EventStore/EventStore.node';
import { EventStoreTrigger } from '../../nodes/EventStoreTrigger/EventStoreTrigger.node';
import { Saga } from '../../nodes/Saga/Saga.node';
import { SagaTrigger } from '../../nodes/SagaTrigger/SagaTrigger.node';
import { markdownTable } from './markdownTable';

/** Where the page stands in the repository. */
export const NODE_REFERENCE = 'docs/reference/nodes.md';

const HEADER = `# Node reference

Rendered from the nodes by \`npm run docs\`; do not edit.
`;

/** Parameters that only inform. */
const NOT_A_SETTING: ReadonlySet<string> = new Set(['notice', 'callout']);

export function renderNodeReference(): string {
	const nodes = [EventBusTrigger, EventBus, EventStoreTrigger, EventStore, SagaTrigger, Saga].map(
		(Node) => new Node().description,
	);
	return `${[HEADER, ...nodes.map(renderNode)].join('\n')}\n`;
}

function renderNode(node: INodeTypeDescription): string {
	const sections = [`## ${node.displayName}`, node.description];
	const operations = node.properties.filter(({ name }) => name === 'operation');
	if (operations.length > 0) sections.push(renderOperations(node.properties, operations));
	const parameters = node.properties.filter(({ name, type }) => !isChoiceOfOperation(name) && !NOT_A_SETTING.has(type));
	sections.push(renderTable(parameters.filter(({ type }) => type !== 'collection')));
	sections.push(...parameters.flatMap(renderRows));
	for (const collection of parameters.filter(({ type }) => type === 'collection')) {
		sections.push(`### ${collection.displayName}${shownFor(collection)}`, renderTable(memberProperties(collection)));
	}
	return `${sections.join('\n\n')}\n`;
}

/** The fields of a row, and the options that each row has. */
function renderRows(rows: INodeProperties): readonly string[] {
	return (rows.options ?? []).filter(isCollection).flatMap(({ values }) => {
		const options = values.filter(({ type }) => type === 'collection');
		return [
			`### Rows of ${rows.displayName}${shownFor(rows)}`,
			renderTable(values.filter(({ type }) => type !== 'collection')),
			...options.flatMap((option) => [`### ${option.displayName} of a row`, renderTable(memberProperties(option))]),
		];
	});
}

function renderOperations(properties: readonly INodeProperties[], operations: readonly INodeProperties[]): string {
	// An operation stands twice in a description when an AI tool gets a shorter list.
	const seen = new Set<string>();
	const rows = operations.flatMap((operation) => {
		const resource = operation.displayOptions?.show?.['resource']?.[0];
		const label = labelOf(properties, 'resource', resource);
		return choicesOf(operation).map(({ name, description }) => [label, name, description ?? '']);
	});
	const distinct = rows.filter(([resource, name]) => {
		const key = `${resource}/${name}`;
		return !seen.has(key) && seen.add(key);
	});
	return markdownTable(['Resource', 'Operation', 'What it does'], distinct);
}

function renderTable(properties: readonly INodeProperties[]): string {
	const rows = properties.map((property) => [
		`**${property.displayName}**${shownFor(property)}`,
		defaultOf(property),
		[property.description ?? '', ...choiceTexts(property)].filter((text) => text !== '').join('<br>'),
	]);
	return markdownTable(['Parameter', 'Default', 'Meaning'], rows);
}

function choiceTexts(property: INodeProperties): readonly string[] {
	return choicesOf(property).map(({ name, description }) => `*${name}*${description ? `: ${description}` : ''}`);
}

function defaultOf(property: INodeProperties): string {
	const value: unknown = property.default;
	const chosen = choicesOf(property).find((choice) => choice.value === value);
	if (chosen) return chosen.name;
	const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
	const isShown =
		(typeof plain === 'string' && plain !== '') || typeof plain === 'number' || typeof plain === 'boolean';
	return isShown ? `\`${plain}\`` : '';
}

/** Which operations or choices show the parameter, when it is not always there. */
function shownFor({ displayOptions }: INodeProperties): string {
	const shown = Object.entries(displayOptions?.show ?? {}).flatMap(([name, values]) =>
		name === 'resource' || name.startsWith('@') ? [] : [`${name}: ${values?.map(String).join(', ')}`],
	);
	return shown.length === 0 ? '' : ` <sub>(${shown.join('; ')})</sub>`;
}

function labelOf(properties: readonly INodeProperties[], name: string, value: unknown): string {
	const property = properties.find((one) => one.name === name);
	return property ? (choicesOf(property).find((choice) => choice.value === value)?.name ?? '') : '';
}

function isChoiceOfOperation(name: string): boolean {
	return name === 'resource' || name === 'operation';
}

function choicesOf({ options }: INodeProperties): readonly INodePropertyOptions[] {
	return (options ?? []).filter((option): option is INodePropertyOptions => 'value' in option && !('type' in option));
}

function memberProperties({ options }: INodeProperties): readonly INodeProperties[] {
	return (options ?? []).filter((option): option is INodeProperties => 'type' in option && !isCollection(option));
}

function isCollection(
	option: INodePropertyOptions | INodeProperties | INodePropertyCollection,
): option is INodePropertyCollection {
	return 'values' in option;
}
