/**
 * The style of the trail page.
 */
import { baseStyle } from './baseStyle';

const indents = Array.from({ length: 13 }, (_, depth) => `.d${depth} { padding-left: ${depth * 18}px; }`).join('\n');

export const trailStyle = `${baseStyle}
main.trail {
	display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) 400px; min-height: 0; overflow: hidden;
	grid-template-areas: "lanes details" "list details";
}
main.trail > * { min-width: 0; min-height: 0; }
.lanes { grid-area: lanes; display: flex; flex-direction: column; max-height: 48vh; border-bottom: 1px solid var(--line); }
.list { grid-area: list; overflow: auto; }
.details { grid-area: details; overflow: auto; border-left: 1px solid var(--line); }

.legend svg { overflow: visible; }

.chart { display: grid; grid-template-columns: 196px max-content; overflow: auto; overscroll-behavior-x: contain; padding-bottom: 6px; }
.corner, .axis, .names { position: sticky; background: var(--panel); }
.corner { top: 0; left: 0; z-index: 3; padding: 5px 16px 0; color: var(--soft); font-size: 11px; border-right: 1px solid var(--line); }
.axis { top: 0; z-index: 1; }
.axis text { fill: var(--soft); font: 10.5px var(--mono); }
.axis path, .tick { stroke: var(--line); }
.tick { stroke-dasharray: 1 4; }
.names { left: 0; z-index: 2; border-right: 1px solid var(--line); }
.names li {
	display: grid; grid-template-columns: 8px minmax(0, 1fr); align-content: center; column-gap: 9px; height: 44px; padding: 0 12px 0 16px;
}
.names i { grid-row: 1 / 3; align-self: center; width: 8px; height: 22px; border-radius: 4px; background: var(--edge); }
.names bdi { overflow: hidden; font-weight: 550; line-height: 17px; text-overflow: ellipsis; white-space: nowrap; }
.names small { grid-column: 2; color: var(--soft); font-size: 11px; line-height: 14px; }
.dense .names li { height: 30px; }
.dense .names i { height: 16px; grid-row: 1; }
.dense .names small { display: none; }

.plot .lane { stroke: var(--line); }
.plot path:not(marker path) { fill: none; }
.run { fill: var(--bar); stroke: var(--edge); stroke-opacity: 0.45; }
.run.retry, .run.cut { stroke: var(--warn-line); stroke-opacity: 0.9; stroke-dasharray: 4 3; }
.run.dead-letter { stroke: var(--bad-line); stroke-opacity: 1; fill: var(--bad-soft); }
.run.running { stroke-dasharray: 2 4; }
.run.duplicate, .run.discarded, .run.expired { fill: none; }
.arrow { stroke: var(--arrow); stroke-width: 1.3; }
.arrow.wait { stroke: var(--warn-line); stroke-dasharray: 2 4; }
.arrow.cause { stroke-dasharray: 5 4; }
.icon { fill: none; stroke: var(--good); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; overflow: visible; }
.icon.retry, .icon.cut, .icon.expired { stroke: var(--warn); }
.icon.dead-letter { stroke: var(--bad); }
.icon.duplicate, .icon.discarded { stroke: var(--soft); }
.mark { cursor: pointer; }
.mark rect { fill: var(--fill); stroke: var(--edge); }
.mark text { fill: var(--ink); font: 550 11.5px var(--mono); text-anchor: middle; dominant-baseline: central; pointer-events: none; }
.mark.bad rect { stroke: var(--bad-line); stroke-width: 1.6; }
.mark.warn rect { stroke: var(--warn-line); stroke-width: 1.6; }
.mark:hover rect { stroke: var(--ink); }
.mark:focus-visible { outline: none; }
.mark:focus-visible rect { stroke: var(--accent); stroke-width: 2.5; }
.mark.chosen rect { fill: var(--ink); stroke: var(--ink); }
.mark.chosen text { fill: var(--fill); }
.arrow.chosen { stroke: var(--accent); stroke-width: 2; }
.run.chosen { stroke: var(--accent); stroke-opacity: 1; }
.filtered .mark:not(.match), .filtered .arrow:not(.match), .filtered .run:not(.match), .filtered .icon:not(.match) { opacity: 0.22; }

.row {
	display: grid; grid-template-columns: 172px minmax(200px, 1.5fr) minmax(110px, 0.8fr) minmax(70px, 0.7fr) minmax(170px, 1.6fr);
	gap: 0 14px; align-items: center; min-height: 30px; padding: 0 16px; border-left: 3px solid transparent;
	content-visibility: auto; contain-intrinsic-height: 30px; cursor: pointer;
}
.row > span { display: flex; align-items: center; gap: 6px; min-width: 0; overflow: hidden; white-space: nowrap; }
.row.head {
	position: sticky; top: 0; z-index: 1; min-height: 32px; color: var(--soft); font-size: 11px; background: var(--panel);
	border-bottom: 1px solid var(--line); content-visibility: visible; cursor: default;
}
.row:not(.head):hover { background: var(--hover); }
.row[aria-selected="true"] { background: var(--accent-soft); border-left-color: var(--accent); }
.row:focus-visible { outline-offset: -2px; }
.time b { flex: none; min-width: 76px; font: 550 12px var(--mono); }
.time time { color: var(--soft); font: 11.5px var(--mono); }
.type bdi, .subject bdi { overflow: hidden; text-overflow: ellipsis; }
.type bdi { font: 550 12.5px var(--mono); }
.subject { color: var(--soft); }
.twist { flex: none; width: 12px; height: 12px; margin-right: -2px; }
[aria-expanded] .twist { background: var(--soft); clip-path: polygon(15% 30%, 85% 30%, 50% 75%); }
[aria-expanded="false"] .twist { clip-path: polygon(30% 15%, 75% 50%, 30% 85%); }
.outcomes .word { flex: none; }
.none { color: var(--soft); font-size: 11.5px; font-style: italic; }
.tone { flex: none; width: 6px; height: 6px; border-radius: 50%; background: currentColor; }
.nothing { padding: 40px; color: var(--soft); text-align: center; }
${indents}

.rows.flat .type { padding-left: 0; }
.rows.flat .twist { visibility: hidden; }

.details .inside { display: grid; grid-template-columns: minmax(0, 1fr); gap: 18px; padding: 14px 18px 24px; }
.details h2 { font: 650 15px/1.35 var(--mono); overflow-wrap: anywhere; }
.details h3 { margin-bottom: 7px; color: var(--soft); font-size: 11px; font-weight: 650; letter-spacing: 0.06em; text-transform: uppercase; }
.details .headline { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-top: 6px; }
.details dd { font-family: var(--mono); font-size: 12px; }
.details .jump { padding: 0; color: var(--accent); font: 12px var(--mono); text-align: left; background: none; border: 0; border-radius: 3px; }
.details .jump:hover { text-decoration: underline; }
.handling { padding: 9px 12px; border: 1px solid var(--line); border-radius: 9px; background: var(--raised); }
.handling + .handling { margin-top: 8px; }
.handling .headline { margin: 0 0 2px; justify-content: space-between; }
.handling .about { color: var(--soft); font-size: 11.5px; overflow-wrap: anywhere; }
.steps { display: grid; grid-template-columns: minmax(0, 1fr); gap: 5px; margin-top: 8px; }
.steps li { position: relative; padding-left: 16px; }
.steps li::before { content: ""; position: absolute; left: 1px; top: 6px; width: 7px; height: 7px; border-radius: 50%; background: var(--arrow); }
.steps .good::before { background: var(--good); }
.steps .warn::before { background: var(--warn-line); }
.steps .bad::before { background: var(--bad-line); }
.steps small { display: inline-block; max-width: 100%; overflow-wrap: anywhere; }
.steps small { color: var(--soft); font: 11.5px var(--mono); }
.error {
	max-height: 160px; margin-top: 4px; padding: 6px 9px; overflow: auto; color: var(--bad); font: 12px/1.45 var(--mono);
	background: var(--bad-soft); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere;
}
.json-title { display: flex; align-items: center; justify-content: space-between; }
.json-title button { padding: 1px 8px; font-size: 11.5px; }
.json {
	padding: 10px 12px; overflow: auto; background: var(--page); border: 1px solid var(--line); border-radius: 9px; white-space: pre-wrap;
	overflow-wrap: anywhere; line-height: 1.5; tab-size: 2;
}
.json .k { color: var(--accent); }
.json .s { color: var(--good); }
.json .n { color: var(--warn); }

@media (max-width: 1000px) {
	html, body { height: auto; }
	body { display: block; }
	main.trail { display: block; overflow: visible; }
	.list { overflow-x: auto; }
	.row { min-width: 760px; }
	.details { border-top: 1px solid var(--line); border-left: 0; }
}
@media (max-width: 600px) {
	.chart { grid-template-columns: 124px max-content; }
}
@media (forced-colors: active) {
	.names i, .twist, .tone, .steps li::before { forced-color-adjust: none; }
	.row[aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; }
}
@media print {
	html, body { height: auto; }
	main.trail { display: block; overflow: visible; }
	.lanes { max-height: none; }
	.tools { display: none; }
}
`;
