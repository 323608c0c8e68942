/**
 * The timeline of a trail as SVG.
 */
import type { Arrow, EventBox, Point, RunBar, Timeline } from '../../timeline/types';
import { cut } from '../printable';
import { duration } from '../times';
import { colourClass } from './baseStyle';
import { html, type Html } from './html';
import type { ShownEvent } from './shownTrail';
import { runText } from './stateTexts';

const MOST_CHARACTERS = 28;
const AXIS_HEIGHT = 26;

const SIZES = {
	named: { lane: 44, box: 22, run: 32, icon: 12 },
	dense: { lane: 30, box: 12, run: 18, icon: 8 },
};
type Sizes = (typeof SIZES)['named'];

export function timelineSvg(timeline: Timeline, events: readonly ShownEvent[]): Html {
	const { lanes, width, dense } = timeline;
	const sizes = dense ? SIZES.dense : SIZES.named;
	const height = lanes.length * sizes.lane;
	return html`<div class="chart${dense ? ' dense' : ''}">
		<div class="corner">Service</div>
		<svg class="axis" width="${width}" height="${AXIS_HEIGHT}" aria-hidden="true">
			${timeline.ticks.map(
				({ x, afterMs }) => html`<path d="M${x + 0.5} 19V26" /><text x="${x}" y="15">+${duration(afterMs)}</text>`,
			)}
		</svg>
		<ul class="names" aria-hidden="true">
			${lanes.map(
				({ service, events: published, runs }, place) =>
					html`<li class="${colourClass(place)}">
						<i></i><bdi title="${service}">${service}</bdi><small>${activity(published, runs)}</small>
					</li>`,
			)}
		</ul>
		<svg
			class="plot"
			width="${width}"
			height="${height}"
			role="group"
			aria-label="Timeline, ${count(lanes.length, 'lane')}"
		>
			${symbols}
			<g aria-hidden="true">
				${lanes.map((_, place) => html`<path class="lane" d="M0 ${middle(place, sizes)}H${width}" />`)}
				${timeline.ticks.map(({ x }) => html`<path class="tick" d="M${x + 0.5} 0V${height}" />`)}
				${timeline.runs.map((run) => runBar(run, sizes))} ${timeline.arrows.map((arrow) => arrowPath(arrow, sizes))}
				${timeline.runs.map((run) => (dense && run.ended === 'done' ? null : runIcon(run, sizes)))}
			</g>
			${lanes.map(
				({ service, events: published, runs }, place) =>
					html`<g role="group" aria-label="Lane of ${service}: ${activity(published, runs)}"
						>${timeline.boxes.filter(({ lane }) => lane === place).map((box) => mark(box, events[box.event], sizes, dense))}</g
					> `,
			)}
		</svg>
	</div>`;
}

const symbols = html`<defs>
	<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"
		><path d="M1 1L7 4L1 7z"
	/></marker>
	<symbol id="i-done" viewBox="0 0 12 12"><path d="M2.5 6.5L5 9L9.5 3.5" /></symbol>
	<symbol id="i-retry" viewBox="0 0 12 12"><path d="M9.6 4.2A4 4 0 1 0 10 6.6M9.8 1.6V4.4H7" /></symbol>
	<symbol id="i-dead-letter" viewBox="0 0 12 12"><path d="M3 3L9 9M9 3L3 9" /></symbol>
	<symbol id="i-cut" viewBox="0 0 12 12"><path d="M7 2L4.5 6H7.5L5 10" /></symbol>
	<symbol id="i-handed-over" viewBox="0 0 12 12"><path d="M4.2 3V9M7.8 3V9" /></symbol>
	<symbol id="i-duplicate" viewBox="0 0 12 12"><path d="M3 4.5H9M3 7.5H9" /></symbol>
	<symbol id="i-expired" viewBox="0 0 12 12"><path d="M6 2.5V6L8.5 8" /></symbol>
	<symbol id="i-discarded" viewBox="0 0 12 12"><path d="M2.5 6H9.5" /></symbol>
</defs>`;

/** What an event needs to be chosen by mouse, by key and by a screen reader. */
function mark(box: EventBox, event: ShownEvent | undefined, sizes: Sizes, dense: boolean): Html | null {
	if (!event) return null;
	const y = middle(box.lane, sizes) - sizes.box / 2;
	const shown = cut(event.type, MOST_CHARACTERS);
	// What is heard begins with what is seen.
	const name = shown === event.type ? shown : `${shown} ${event.type}`;
	const outcome = event.handlings.map(({ service, state }) => `${service}: ${state}`).join(', ') || 'no consumer';
	const label = `${name}, ${event.after}, ${outcome}`;
	const tip = html`<title>${event.type} ${event.after}</title>`;
	const text = html`<text x="${round(box.x + box.width / 2)}" y="${y + sizes.box / 2}">${shown}</text>`;
	const look = `mark ${colourClass(box.lane)} ${event.tone}`;
	return html`
		<g class="${look}" role="button" tabindex="-1" data-event="${box.event}" aria-label="${label}">
			<rect x="${round(box.x)}" y="${y}" width="${round(box.width)}" height="${sizes.box}" rx="${sizes.box / 2}" />
			${dense ? tip : text}
		</g>
	`;
}

function runBar({ event, lane, x, width, ended }: RunBar, sizes: Sizes): Html {
	const y = middle(lane, sizes) - sizes.run / 2;
	return html`<rect
		class="run ${ended} ${colourClass(lane)}"
		data-of="${event}"
		x="${round(x)}"
		y="${y}"
		width="${round(width)}"
		height="${sizes.run}"
		rx="6"
	/>`;
}

function runIcon({ event, lane, x, width, ended, attempt }: RunBar, sizes: Sizes): Html | null {
	if (ended === 'running') return null;
	const y = middle(lane, sizes) - sizes.icon / 2;
	const title = `${attempt === null ? '' : `Attempt ${attempt}: `}${runText(ended)}`;
	return html`<svg
		class="icon ${ended}"
		data-of="${event}"
		x="${round(x + width - sizes.icon - 1)}"
		y="${y}"
		width="${sizes.icon}"
		height="${sizes.icon}"
	>
		<title>${title}</title>
		<use href="#i-${ended}" />
	</svg>`;
}

function arrowPath({ event, kind, from, to }: Arrow, sizes: Sizes): Html {
	return html`<path class="arrow ${kind}" data-of="${event}" d="${curve(from, to, sizes)}" marker-end="url(#tip)" />`;
}

function curve(from: Point, to: Point, sizes: Sizes): string {
	const [y1, y2] = [middle(from.lane, sizes), middle(to.lane, sizes)];
	const [x1, x2] = [round(from.x), round(to.x)];
	if (from.lane === to.lane) return `M${x1} ${y1}H${x2}`;
	// Straight down close to the event, then into the run: arrows over many lanes and long times stay apart.
	const turn = Math.min(11, Math.max(4, (x2 - x1) / 2));
	const bend = Math.sign(y2 - y1) * Math.min(12, Math.abs(y2 - y1) / 2);
	return `M${x1} ${y1}C${x1 + turn * 0.7} ${y1} ${x1 + turn} ${y1 + bend * 0.4} ${x1 + turn} ${y1 + bend}V${y2 - bend}C${x1 + turn} ${y2 - bend * 0.3} ${x1 + turn + 4} ${y2} ${Math.min(x2, x1 + turn + 12)} ${y2}H${x2}`;
}

function middle(lane: number, sizes: Sizes): number {
	return lane * sizes.lane + sizes.lane / 2;
}

function round(pixels: number): number {
	return Math.round(pixels * 10) / 10;
}

export function activity(events: number, runs: number): string {
	const parts = [events > 0 && count(events, 'event'), runs > 0 && count(runs, 'run')];
	return parts.filter((part) => part !== false).join(', ');
}

export function count(number: number, what: string): string {
	return `${number} ${what}${number === 1 ? '' : 's'}`;
}
