/**
 * What the trail page and the flow map have in common: colours, type, the frame, chips, the panel beside.
 */

/** A hue for each service, in turn. Red and amber are left out: they say that something went wrong. */
const HUES = [255, 165, 310, 215, 130, 345, 285, 190, 105, 325];

/** The class that gives an element the colours of a service. */
export function colourClass(place: number): string {
	return `hued c${place % HUES.length}`;
}

const hues = HUES.map((hue, place) => `.c${place} { --hue: ${hue}; }`).join('\n');

export const baseStyle = `
:root {
	color-scheme: light dark;
	--page: #f5f6f8; --panel: #ffffff; --raised: #ffffff; --line: #e3e6eb; --line-strong: #c8cdd6; --hover: #f0f3f8;
	--text: #1b2130; --soft: #565f70; --accent: #2f5fd0; --accent-soft: #e6edfc;
	--good: #1c7048; --good-soft: #e2f4ea; --warn: #8a5000; --warn-soft: #fdf0d8; --warn-line: #d08a1d;
	--bad: #b3261e; --bad-soft: #fde7e5; --bad-line: #d6453d; --arrow: #8a93a5;
	--fill-l: 0.955; --fill-c: 0.032; --ink-l: 0.39; --ink-c: 0.12; --edge-l: 0.72; --edge-c: 0.1; --bar-l: 0.93; --bar-c: 0.035;
	--mono: ui-monospace, "SF Mono", "JetBrains Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
	--sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Inter, Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
	:root {
		--page: #0f131a; --panel: #161b24; --raised: #1c222d; --line: #262d3a; --line-strong: #3a4356; --hover: #1d2430;
		--text: #e4e8f0; --soft: #98a3b6; --accent: #86aefc; --accent-soft: #1e2c4d;
		--good: #6bd39c; --good-soft: #14301f; --warn: #f2b95c; --warn-soft: #37280e; --warn-line: #c98a24;
		--bad: #ff918a; --bad-soft: #3d1a19; --bad-line: #e0554d; --arrow: #6d788d;
		--fill-l: 0.285; --fill-c: 0.045; --ink-l: 0.88; --ink-c: 0.07; --edge-l: 0.52; --edge-c: 0.1; --bar-l: 0.255; --bar-c: 0.04;
	}
}
${hues}
.hued {
	--fill: oklch(var(--fill-l) var(--fill-c) var(--hue)); --ink: oklch(var(--ink-l) var(--ink-c) var(--hue));
	--edge: oklch(var(--edge-l) var(--edge-c) var(--hue)); --bar: oklch(var(--bar-l) var(--bar-c) var(--hue));
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
	display: grid; grid-template: auto 1fr / 1fr; background: var(--page); color: var(--text);
	font: 13px/1.45 var(--sans); font-variant-numeric: tabular-nums; -webkit-font-smoothing: antialiased;
}
h1, h2, h3, p, dl, dd, ul, ol, pre { margin: 0; padding: 0; font: inherit; }
ul, ol { list-style: none; }
code, pre, .mono { font-family: var(--mono); font-size: 12px; }
bdi { unicode-bidi: isolate; }
a { color: var(--accent); text-underline-offset: 2px; }
[hidden] { display: none !important; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.top {
	display: flex; flex-wrap: wrap; align-items: center; gap: 8px 20px; padding: 12px 20px;
	background: var(--panel); border-bottom: 1px solid var(--line);
}
.top h1 { font-size: 16px; font-weight: 650; letter-spacing: -0.01em; }
.top .about { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; min-width: 0; margin-right: auto; }
.top .about code { color: var(--soft); overflow-wrap: anywhere; }
.numbers { display: flex; flex-wrap: wrap; gap: 6px 16px; color: var(--soft); }
.numbers b { color: var(--text); font-weight: 650; }
.numbers .warn b, .numbers .warn { color: var(--warn); }
.numbers .bad b, .numbers .bad { color: var(--bad); }

.tools { display: flex; align-items: center; gap: 8px; }
input[type="search"] {
	width: 250px; max-width: 100%; padding: 6px 10px; color: inherit; font: inherit; background: var(--page);
	border: 1px solid var(--line-strong); border-radius: 7px; appearance: none;
}
input[type="search"]::placeholder { color: var(--soft); opacity: 1; }
button {
	padding: 5px 10px; color: var(--text); font: inherit; background: var(--raised); border: 1px solid var(--line-strong);
	border-radius: 7px; cursor: pointer;
}
button:hover { background: var(--hover); }
button[aria-pressed="true"] { color: var(--accent); background: var(--accent-soft); border-color: var(--accent); }

.chip {
	display: inline-flex; align-items: center; gap: 5px; max-width: 100%; padding: 0 7px; color: var(--soft); line-height: 19px;
	font-size: 11.5px; border: 1px solid var(--line); border-radius: 10px; white-space: nowrap;
}
.chip > bdi, .chip > span { overflow: hidden; text-overflow: ellipsis; }
.chip.service { color: var(--ink); background: var(--fill); border-color: transparent; }
.chip.good { color: var(--good); background: var(--good-soft); border-color: transparent; }
.chip.warn { color: var(--warn); background: var(--warn-soft); border-color: transparent; }
.chip.bad { color: var(--bad); background: var(--bad-soft); border-color: transparent; font-weight: 600; }

.panel { min-width: 0; background: var(--panel); }
.panel-title {
	display: flex; align-items: baseline; justify-content: space-between; gap: 12px; padding: 12px 16px 8px;
	color: var(--soft); font-size: 11px; font-weight: 650; letter-spacing: 0.06em; text-transform: uppercase;
}
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-weight: 400; letter-spacing: 0; text-transform: none; }
.legend li { display: inline-flex; align-items: center; gap: 5px; }
.empty { display: grid; place-content: center; justify-items: center; gap: 6px; padding: 56px 24px; color: var(--soft); text-align: center; }
main > .empty { grid-area: 1 / 1 / -1 / -1; }
.empty strong { color: var(--text); font-size: 15px; font-weight: 600; }
.empty p { max-width: 46ch; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 14px; }
.facts dt { color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }

marker path { fill: var(--arrow); fill: context-stroke; }

@media (forced-colors: active) { .chip { border-color: CanvasText; } }
@media (prefers-reduced-motion: no-preference) { button, .mark { transition: background-color 0.12s, opacity 0.12s; } }
`;
