/**
 * docs/reference/brokers.md, rendered from the manifests: what each broker can do, and every field of its connection.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { brokerTitle } from '../../nodes/shared/brokerTitle';
import type { Field } from '../../src/broker/fields';
import { manifests } from '../../src/broker/registry';
import { tlsFields } from '../../src/broker/tls';
import type { BrokerCapabilities, BrokerManifest } from '../../src/broker/types';
import { shortName } from '../../test/conformance/matrix';
import { REPO } from '../toolchain/paths';
import { markdownTable } from './markdownTable';

/** Where the page stands in the repository. */
export const BROKER_REFERENCE = 'docs/reference/brokers.md';

const HEADER = `# Broker reference

Rendered from the brokers by \`npm run docs\`; do not edit.

The same workflow runs on each of them. What a broker cannot do by itself, the nodes do: a delay that it does not keep is waited for by the consumer, an inbox that it cannot host is a file beside n8n. The table says what is left to differ.`;

type Row = readonly [what: string, read: (capabilities: BrokerCapabilities) => string];

const ROWS: readonly Row[] = [
	['An event is delivered', ({ delivery }) => delivery.replaceAll('-', ' ')],
	['Acknowledged', ({ ack }) => ACK[ack]],
	['Consumers of a group share the events', ({ groups }) => yesNo(groups)],
	['Order', ({ ordering }) => ORDER[ordering]],
	['A new group can start at', ({ start }) => startsOf(start)],
	['Longest delay before a retry, kept by the broker', ({ delayedRetryMaxMs }) => delay(delayedRetryMaxMs)],
	['Longest delay of a publish, kept by the broker', ({ delayedPublishMaxMs }) => delay(delayedPublishMaxMs)],
	['A delay ends late by at most', ({ delayToleranceMs }) => duration(delayToleranceMs)],
	['Longest run', ({ maxLeaseMs }) => (maxLeaseMs === null ? 'any' : duration(maxLeaseMs))],
	['Request and reply', ({ replies }) => yesNo(replies)],
	['Largest message', ({ maxBytes }) => bytes(maxBytes)],
	['Messages in one publish call', ({ maxBatch }) => String(maxBatch)],
	['Headers beside the body', ({ headers }) => yesNo(headers === 'native')],
	['List of dead letters', ({ deadLetterListing }) => (deadLetterListing === 'complete' ? 'complete' : 'a sample')],
	['Channels and groups can be', ({ topology }) => inOrder(topology, TOPOLOGY)],
];

const ACK = { each: 'one by one', 'in-order': 'in order', none: 'never' } as const;
const ORDER = { none: 'none', key: 'by key', destination: 'of the channel' } as const;
const STARTS = { latest: 'new events', earliest: 'all stored', time: 'a time', cursor: 'an event' } as const;
const TOPOLOGY = { inspect: 'looked at', declare: 'made', delete: 'removed' } as const;

const NOTES = `*Longest delay … none*: the consumer holds the event, or gives it back with the time it is due. A retry that is longer than what the broker keeps is put off several times. Delays are never shorter than asked for. An event itself may have 1 MiB, whatever the broker takes.`;

/** The same on every broker that is reached over a socket, so the page has them once. */
const SHARED_FIELDS = tlsFields().filter(({ showWhen }) => showWhen !== undefined);

const TLS = `## TLS

The fields that *Use TLS* brings up, the same for every broker that has it. In a URL or a variable the line breaks of a certificate may be written as \`\\n\`.`;

export function renderBrokerReference(brokers: readonly BrokerManifest[] = manifests): string {
	const rows = ROWS.map(([what, read]) => [what, ...brokers.map(({ capabilities }) => read(capabilities))]);
	const table = markdownTable(['', ...brokers.map(({ label }) => shortName(label))], rows);
	const tls = brokers.some(({ fields }) => fields.some(isShared))
		? [TLS, renderFields(SHARED_FIELDS, tlsFields())]
		: [];
	return `${[HEADER, '## What they can do', table, NOTES, ...brokers.flatMap(renderBroker), ...tls].join('\n\n')}\n`;
}

function renderBroker(manifest: BrokerManifest): readonly string[] {
	const { kind, summary, schemes, exampleUrls = [], fields } = manifest;
	const guide = `docs/how-to/${kind}.md`;
	const links = [
		...(existsSync(path.join(REPO, guide)) ? [`[How to use it](../how-to/${kind}.md)`] : []),
		...(fields.some(isShared) ? ['[Fields of TLS](#tls)'] : []),
	];
	return [
		`## ${brokerTitle(manifest)}`,
		...(summary === undefined ? [] : [`${summary}.`]),
		...(links.length > 0 ? [links.join(' · ')] : []),
		`Connection URL: ${schemes.map((scheme) => `\`${scheme}:\``).join(', ')}`,
		...(exampleUrls.length > 0 ? [['```', ...exampleUrls, '```'].join('\n')] : []),
		renderFields(
			fields.filter((field) => !isShared(field)),
			fields,
		),
	];
}

function isShared(field: Field): boolean {
	return SHARED_FIELDS.some((shared) => shared.name === field.name && shared.help === field.help);
}

/** @param all where to find what a field depends on */
function renderFields(fields: readonly Field[], all: readonly Field[]): string {
	return markdownTable(
		['Field', 'In a URL', 'Default', 'Meaning'],
		fields.map((field) => [
			`**${field.label}${field.unit ? ` (${field.unit})` : ''}**${whereOf(field, all)}`,
			`\`${field.name}\``,
			defaultOf(field),
			[`${field.help}.`, ...(field.choices ?? []).map(choiceText)].join('<br>'),
		]),
	);
}

/** Whether it must be filled in, and what must be chosen for it to be there. */
function whereOf({ section, showWhen, required }: Field, all: readonly Field[]): string {
	const other = all.find(({ name }) => name === showWhen?.field);
	const facts = [
		...(required ? ['required'] : []),
		...(section === '' ? [] : [section]),
		...(other && showWhen ? [`${other.label}: ${showWhen.in.map((value) => valueText(other, value)).join(', ')}`] : []),
	];
	return facts.length === 0 ? '' : ` <sub>(${facts.join('; ')})</sub>`;
}

function defaultOf(field: Field): string {
	return field.default === '' ? '' : valueText(field, field.default);
}

function valueText({ type, choices = [] }: Field, value: string | number | boolean): string {
	if (type === 'boolean') return value === true ? 'on' : 'off';
	if (type === 'choice') return `\`${value}\``;
	return choices.find((choice) => choice.value === value)?.label ?? `\`${value}\``;
}

function choiceText({ value, label, help }: NonNullable<Field['choices']>[number]): string {
	return `\`${value}\` *${label}*${help === undefined ? '' : `: ${help}`}`;
}

function startsOf(start: BrokerCapabilities['start']): string {
	// 'committed' is where a group goes on, which is no place to start.
	return inOrder(start, STARTS);
}

/** The words for what is in the set, in the order of the words. */
function inOrder(present: ReadonlySet<string>, words: Readonly<Record<string, string>>): string {
	const found = Object.entries(words).flatMap(([name, word]) => (present.has(name) ? [word] : []));
	return found.length === 0 ? 'nothing' : found.join(', ');
}

function yesNo(is: boolean): string {
	return is ? 'yes' : 'no';
}

function delay(ms: number): string {
	if (ms === 0) return 'none';
	return ms > MOST_MS ? 'any' : duration(ms);
}

const UNITS = [
	['day', 86_400_000],
	['h', 3_600_000],
	['min', 60_000],
	['s', 1000],
] as const;
/** A hundred years is no limit. */
const MOST_MS = 100 * 365 * 86_400_000;

/** '14 days', '12 h', '15 min', '0.25 s'. */
function duration(ms: number): string {
	const [unit, size] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ['s', 1000];
	const count = ms / size;
	return `${count} ${unit}${unit === 'day' && count !== 1 ? 's' : ''}`;
}

/** '16 MiB', '256 KiB'. A little less than that is said as it is. */
function bytes(count: number): string {
	const [unit, size] = count >= MIB ? ['MiB', MIB] : ['KiB', 1024];
	return count % size === 0 ? `${count / size} ${unit}` : `${(count / size).toFixed(1)} ${unit}`;
}

const MIB = 1024 ** 2;
