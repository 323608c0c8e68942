/**
 * The picture of a flow map.
 */
import { consumersOf, type Consumer } from '../../consumers';
import type { FlowMap } from '../../flowMap';
import { layoutOf, type Box, type Line } from '../../layout/mapLayout';
import { cut, printable } from '../printable';
import { duration } from '../times';
import { colourClass } from './baseStyle';
import { html, type Html } from './html';

const MOST_CHARACTERS = 25;

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
				const note = isUnconsumed ? 'nobody consumes it' : !isPublished ? 'nobody publishes it' : '';
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
	const radius = kind.startsWith('type') ? height / 2 : 8;
	return html`<g class="node ${kind}" role="button" tabindex="-1" data-node="${key}" aria-label="${name} ${note}"
		><title>${name}</title><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" /><text
			x="${x + width / 2}"
			y="${note === '' ? middle : middle - 7}"
			>${cut(printable(name), MOST_CHARACTERS)}</text
		>${note !== '' && html`<text class="note" x="${x + width / 2}" y="${middle + 9}">${cut(printable(note), 34)}</text>`}</g
	> `;
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
	return html`<g class="edge ${kind}" data-ends="${ends}"
		><path
			d="M${start.x} ${start.y}${way.join('')}"
			marker-end="url(#tip)"
		/>${label !== '' && html`<text x="${(before.x + end.x) / 2 + 8}" y="${(before.y + end.y) / 2 + 4}">${label}</text>`}</g
	> `;
}
