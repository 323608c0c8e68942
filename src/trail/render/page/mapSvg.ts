/**
 * The picture of a flow map.
 */
import { consumersOf } from '../../consumers';
import type { FlowMap } from '../../flowMap';
import { layoutOf, type Box } from '../../mapLayout';
import { cut, printable } from '../printable';
import { duration } from '../times';
import { colourClass } from './baseStyle';
import { html, type Html } from './html';

const MOST_CHARACTERS = 25;

export function mapSvg(map: FlowMap): Html {
	const layout = layoutOf(map);
	const channels = new Set(map.types.map(({ channel }) => channel));
	return html`<svg
		class="map-plot"
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
			${map.publishing.map(({ service, type }) =>
				edge(layout.services[service], layout.types[type], {
					ends: `s${service} t${type}`,
					kind: inCycle(map, service, type) ? 'cycle' : 'publish',
					label: '',
				}),
			)}
			${consumersOf(map).map(({ service, type, retries, deadLetters, latencyMs }) => {
				const kind =
					deadLetters > 0 ? 'dead' : inCycle(map, service, type) ? 'cycle' : retries > 0 ? 'retried' : 'consume';
				const told = [latencyMs && duration(latencyMs.p50), deadLetters > 0 && `✕ ${deadLetters}`];
				const label = told.filter((part) => part !== null && part !== false).join(' · ');
				return edge(layout.types[type], layout.services[service], { ends: `s${service} t${type}`, kind, label });
			})}
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
	return html`<g
		class="node ${kind}"
		role="button"
		tabindex="-1"
		data-node="${key}"
		aria-label="${name}${note && `, ${note}`}"
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

function edge(from: Box | undefined, to: Box | undefined, { ends, kind, label }: Drawn): Html | null {
	if (!from || !to) return null;
	const [y1, y2] = [from.y + from.height / 2, to.y + to.height / 2];
	const isBack = to.x <= from.x;
	const [x1, x2] = [from.x + from.width, to.x];
	const bend = isBack ? 60 : Math.max(30, (x2 - x1) / 2);
	// Back around: over what lies between.
	const way = isBack
		? `C${x1 + bend} ${y1} ${x1 + bend} ${backY(from, to)} ${x1} ${backY(from, to)}H${x2}C${x2 - bend} ${backY(from, to)} ${x2 - bend} ${y2} ${x2} ${y2}`
		: `C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
	const [labelX, labelY] = isBack ? [(x1 + x2) / 2, backY(from, to) - 4] : [(x1 + x2) / 2, (y1 + y2) / 2 - 4];
	return html`<g class="edge ${kind}" data-ends="${ends}"
		><path
			d="M${x1} ${y1}${way}"
			marker-end="url(#tip)"
		/>${label !== '' && html`<text x="${labelX}" y="${labelY}">${label}</text>`}</g
	> `;
}

function backY(from: Box, to: Box): number {
	return Math.max(from.y, to.y) + from.height + 9;
}
