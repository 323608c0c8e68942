/**
 * The picture of a flow map.
 */
import { consumersOf, type Consumer } from '../../consumers';
import type { FlowMap } from '../../flowMap';
import { layoutOf, type Box, type Line, type Point } from '../../layout/mapLayout';
import { cut, printable } from '../printable';
import { duration } from '../times';
import { colourClass } from './baseStyle';
import { html, type Html } from './html';

/** Of a name, as the box takes them; a type is written smaller. */
const MOST_CHARACTERS = { service: 23, type: 25 };
const MOST_OF_NOTE = 32;

export function mapSvg(map: FlowMap): Html {
	const consumers = consumersOf(map);
	const layout = layoutOf(map, consumers);
	const channels = new Set(map.types.map(({ channel }) => channel));
	return html`<svg
		class="map-plot"
		viewBox="0 0 ${layout.width} ${layout.height}"
		width="${layout.width}"
		height="${layout.height}"
		role="group"
		aria-label="Flow map"
	>
		<defs>
			<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
				<path d="M1 1L7 4L1 7z" />
			</marker>
		</defs>
		<g aria-hidden="true">
			${map.publishing.map(({ service, type }, place) => {
				const kind = inCycle(map, service, type) ? 'cycle' : 'publish';
				return edge(layout.publishing[place], { ends: `s${service} t${type}`, kind, label: '' });
			})}
			${consumers.map((consumer, place) => edge(layout.consuming[place], consumption(map, consumer)))}
		</g>
		<g role="group" aria-label="Services">
			${map.services.map((service, place) => node(layout.services[place], `s${place}`, `service ${colourClass(place)}`, service, ''))}
		</g>
		<g role="group" aria-label="Event types">
			${map.types.map(({ eventType, channel, kind, inCycle: cyclic }, place) => {
				const isUnconsumed = map.unconsumed.includes(place);
				const isPublished = map.publishing.some(({ type }) => type === place);
				const state = cyclic ? 'cycle' : isUnconsumed ? 'unconsumed' : kind === 'type' && isPublished ? '' : 'unknown';
				const note = isUnconsumed ? 'nobody consumes it' : !isPublished ? 'no publisher known' : '';
				return node(
					layout.types[place],
					`t${place}`,
					`type ${state}`,
					eventType,
					note || (channels.size > 1 ? channel : ''),
				);
			})}
		</g>
	</svg>`;
}

function inCycle({ cycles, services }: FlowMap, service: number, type: number): boolean {
	return cycles.some((cycle) => cycle.types.includes(type) && cycle.services.includes(services[service] ?? ''));
}

function node(box: Box | undefined, key: string, kind: string, name: string, note: string): Html | null {
	if (!box) return null;
	const { x, y, width, height } = box;
	const middle = y + height / 2;
	const isType = kind.startsWith('type');
	const radius = isType ? height / 2 : 8;
	const shown = cut(printable(name), isType ? MOST_CHARACTERS.type : MOST_CHARACTERS.service);
	// What is heard begins with what is seen.
	const label = [shown, note, shown === name ? '' : name].filter((part) => part !== '').join(' ');
	const x0 = x + width / 2;
	const nameText = html`<text x="${x0}" y="${note === '' ? middle : middle - 7}">${shown}</text>`;
	const noteText = html`<text class="note" x="${x0}" y="${middle + 9}">${cut(printable(note), MOST_OF_NOTE)}</text>`;
	return html`
		<g class="node ${kind}" role="button" tabindex="-1" data-node="${key}" aria-label="${label}">
			<title>${name}</title>
			<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" />
			${nameText} ${note !== '' && noteText}
		</g>
	`;
}

interface Drawn {
	readonly ends: string;
	readonly kind: string;
	readonly label: string;
}

function consumption(map: FlowMap, { service, type, retries, deadLetters, latencyMs }: Consumer): Drawn {
	const told = [latencyMs && duration(latencyMs.p50), deadLetters > 0 && `✕ ${deadLetters}`];
	const isCyclic = inCycle(map, service, type);
	return {
		ends: `s${service} t${type}`,
		kind: deadLetters > 0 ? 'dead' : isCyclic ? 'cycle' : retries > 0 ? 'retried' : 'consume',
		label: told.filter((part) => part !== null && part !== false).join(' · '),
	};
}

function edge(line: Line | undefined, { ends, kind, label }: Drawn): Html | null {
	const [start, ...rest] = line ?? [];
	const [before, end] = [line?.at(-2), line?.at(-1)];
	if (!start || !before || !end) return null;
	const way = rest.map(({ x, y }, index) => {
		const from = index === 0 ? start : (rest[index - 1] ?? start);
		if (index % 2 === 1) return `V${y}`;
		const middle = (from.y + y) / 2;
		return `C${from.x} ${middle} ${x} ${middle} ${x} ${y}`;
	});
	const labelText = label === '' ? null : labelOf(label, before, end, rest.length > 1);
	return html`
		<g class="edge ${kind}" data-ends="${ends}">
			<path d="M${start.x} ${start.y}${way.join('')}" marker-end="url(#tip)" />
			${labelText}
		</g>
	`;
}

/** Beside the line, where no other one is likely. */
function labelOf(label: string, before: Point, end: Point, passesLayers: boolean): Html {
	if (passesLayers) return html`<text x="${before.x + 6}" y="${before.y - 8}">${label}</text>`;
	const [x, y] = [(before.x + end.x) / 2, (before.y + end.y) / 2];
	const slope = end.x - before.x;
	if (Math.abs(slope) < 30) return html`<text x="${x + 8}" y="${y + 4}">${label}</text>`;
	if (slope < 0) return html`<text x="${x + 8}" y="${y + 15}">${label}</text>`;
	return html`<text class="left" x="${x - 8}" y="${y + 15}">${label}</text>`;
}
