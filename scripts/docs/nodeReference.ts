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
import { EventTrail } from '../../nodes/EventTrail/EventTrail.node';
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
	const nodes = [EventBusTrigger, EventBus, EventStoreTrigger, EventStore, SagaTrigger, Saga, EventTrail].map(
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
	for (const group of parameters.filter(({ type }) => GROUPS.has(type))) sections.push(...renderGroup(group, 3));
	return `${sections.join('\n\n')}\n`;
}

/** Parameters that hold parameters: options, and rows. */
const GROUPS: ReadonlySet<string> = new Set(['collection', 'fixedCollection']);

function renderGroup(group: INodeProperties, level: number): readonly string[] {
	const members = memberProperties(group);
	const title = `${'#'.repeat(level)} ${group.displayName}${shownFor(group)}`;
	const inner = members.filter(({ type }) => type === 'collection');
	const own = renderTable(members.filter((member) => !inner.includes(member)));
	return [title, own, ...inner.flatMap((member) => renderGroup(member, level + 1))];
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
	if (distinct.every(([resource]) => resource === '')) {
		return markdownTable(
			['Operation', 'What it does'],
			distinct.map((row) => row.slice(1)),
		);
	}
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
	return (options ?? []).flatMap((option) => {
		if (isCollection(option)) return option.values;
		return 'type' in option ? [option] : [];
	});
}

function isCollection(
	option: INodePropertyOptions | INodeProperties | INodePropertyCollection,
): option is INodePropertyCollection {
	return 'values' in option;
}
