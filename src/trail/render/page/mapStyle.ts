/**
 * The style of the flow map.
 */
import { baseStyle } from './baseStyle';

export const mapStyle = `${baseStyle}
main.map { display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr) 360px; min-height: 0; overflow: hidden; }
.picture { display: flex; flex-direction: column; min-height: 0; }
.picture .scroll { flex: 1; display: grid; overflow: auto; }
.map-plot { margin: auto; }
.map-plot.fit { width: 100%; height: 100%; }
.side { overflow: auto; border-left: 1px solid var(--line); }

.key { display: inline-block; width: 20px; height: 11px; background: var(--panel); border: 1px solid var(--arrow); border-radius: 3px; }
.key.type, .key.unconsumed, .key.unknown, .key.cycle { border-radius: 6px; }
.key.service { background: var(--accent-soft); border-color: var(--accent); }
.key.unconsumed { background: var(--warn-soft); border: 1px dashed var(--warn-line); }
.key.unknown { border-style: dotted; }
.key.cycle { background: var(--bad-soft); border-color: var(--bad-line); }
.key.dead { height: 0; border: 0; border-top: 2px dashed var(--bad-line); border-radius: 0; }

.node { cursor: pointer; }
.node rect { fill: var(--raised); stroke: var(--line-strong); }
.node text { fill: var(--text); font: 550 12.5px var(--sans); text-anchor: middle; dominant-baseline: central; pointer-events: none; }
.node text.note { fill: var(--soft); font: 10.5px var(--sans); }
.node.type text:not(.note) { font: 550 12px var(--mono); }
.node.service rect { fill: var(--fill); stroke: var(--edge); }
.node.service text { fill: var(--ink); }
.node.unconsumed rect { fill: var(--warn-soft); stroke: var(--warn-line); stroke-dasharray: 5 3; }
.node.unconsumed text { fill: var(--warn); }
.node.unknown rect { stroke: var(--arrow); stroke-dasharray: 2 3; }
.node.cycle rect { fill: var(--bad-soft); stroke: var(--bad-line); stroke-width: 1.6; }
.node.cycle text { fill: var(--bad); }
.node:hover rect { stroke: var(--text); }
.node:focus-visible { outline: none; }
.node:focus-visible rect { stroke: var(--accent); stroke-width: 2.5; }
.node.chosen rect { stroke: var(--accent); stroke-width: 2.5; }
.edge path { fill: none; stroke: var(--arrow); stroke-width: 1.4; }
.edge text {
	fill: var(--soft); font: 10.5px var(--mono); paint-order: stroke; stroke: var(--panel); stroke-width: 4px;
	stroke-linejoin: round;
}
.edge text.left { text-anchor: end; }
.edge.retried path { stroke: var(--warn-line); }
.edge.cycle path { stroke: var(--bad-line); stroke-width: 1.8; }
.edge.dead path { stroke: var(--bad-line); stroke-width: 1.8; stroke-dasharray: 5 4; }
.edge.dead text { fill: var(--bad); }
.edge.chosen path { stroke: var(--accent); stroke-width: 2.2; }
.dimmed .node:not(.match), .dimmed .edge:not(.match) { opacity: 0.28; }

.findings { display: grid; gap: 18px; padding: 16px 18px 24px; }
.findings h3, #chosen h3 { display: flex; gap: 7px; align-items: center; margin-bottom: 3px; font-weight: 650; }
.findings p { color: var(--soft); }
.findings ul { display: grid; gap: 6px; margin-top: 8px; }
.findings li { padding: 7px 11px; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); overflow-wrap: anywhere; }
.findings li b { font: 550 12.5px var(--mono); }
.findings small, #chosen small { display: block; color: var(--soft); font-size: 11.5px; }
#chosen:not(:empty) { display: grid; gap: 12px; padding: 16px 18px; border-bottom: 1px solid var(--line); }
#chosen h2 { font: 650 15px/1.35 var(--mono); overflow-wrap: anywhere; }
#chosen li { padding: 3px 0; overflow-wrap: anywhere; }
#chosen .jump { padding: 0; color: var(--accent); font: 12px var(--mono); text-align: left; background: none; border: 0; border-radius: 3px; }
#chosen .jump:hover { text-decoration: underline; }

@media (max-width: 1000px) {
	html, body { height: auto; }
	body { display: block; }
	main.map { display: block; overflow: visible; }
	.side { border-top: 1px solid var(--line); border-left: 0; }
}
`;
