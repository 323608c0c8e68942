/**
 * A flow map as one HTML page that needs nothing else: the picture, what is wrong, and all about the chosen service or type.
 */
import { consumersOf } from '../../consumers';
import type { FlowMap } from '../../flowMap';
import { page } from './document';
import { html, jsonIsland, type Html } from './html';
import { mapStyle } from './mapStyle';
import { mapSvg } from './mapSvg';
import { shownMap } from './shownMap';
import { findings } from './findings';

export interface MapPageOptions {
	/** Default: Flow map. */
	readonly title?: string;
	/** What the map was made of, such as a period. */
	readonly about?: string;
}

export function mapPage(map: FlowMap, { title = 'Flow map', about }: MapPageOptions = {}): string {
	const isEmpty = map.types.length === 0;
	const body = html`<header class="top">
			<div class="about">
				<h1>${title}</h1>
				${about !== undefined && html`<span>${about}</span>`}
			</div>
			${
				!isEmpty &&
				html`${numbers(map)}
					<search class="tools">
						<button type="button" id="fit" aria-pressed="false">Fit</button>
						<input
							type="search"
							id="filter"
							placeholder="Filter: service, type, channel …"
							aria-label="Filter the map"
							autocomplete="off"
							spellcheck="false"
						/>
					</search>`
			}
		</header>
		<main class="map">${isEmpty ? emptyState : filled(map)}</main>
		${jsonIsland('map', shownMap(map))}`;
	return page({
		title: about === undefined ? title : `${title} · ${about}`,
		style: mapStyle,
		script: 'map.client.js',
		body,
	});
}

function filled(map: FlowMap): Html {
	return html`<section class="panel picture" aria-labelledby="picture-title">
			<div class="panel-title">
				<h2 id="picture-title">Who publishes what to whom</h2>
				${legend}
			</div>
			<div class="scroll">${mapSvg(map)}</div>
		</section>
		<aside class="panel side" aria-label="Findings and the chosen part">
			<div id="chosen"></div>
			${findings(map)}
		</aside>
		<p class="visually-hidden" role="status" id="status"></p>`;
}

function numbers(map: FlowMap): Html {
	const { services, types, cycles, retries, deadLetters, publishing } = map;
	const published = publishing.reduce((sum, { count }) => sum + count, 0);
	const runs = consumersOf(map).reduce((sum, { count }) => sum + count, 0);
	return html`<div class="numbers">
		<span><b>${services.length}</b> ${services.length === 1 ? 'service' : 'services'}</span>
		<span><b>${types.length}</b> ${types.length === 1 ? 'type' : 'types'}</span>
		${published > 0 && html`<span><b>${published}</b> events</span>`}
		${runs > 0 && html`<span><b>${runs}</b> deliveries</span>`}
		${retries > 0 && html`<span class="warn"><b>${retries}</b> ${retries === 1 ? 'retry' : 'retries'}</span>`}
		${deadLetters > 0 && html`<span class="bad"><b>${deadLetters}</b> ${deadLetters === 1 ? 'dead letter' : 'dead letters'}</span>`}
		${cycles.length > 0 && html`<span class="bad"><b>${cycles.length}</b> ${cycles.length === 1 ? 'cycle' : 'cycles'}</span>`}
	</div>`;
}

const emptyState = html`<section class="panel empty" aria-label="Nothing to draw">
	<strong>No flows yet</strong>
	<p>As soon as a service publishes or consumes an event, it stands here.</p>
</section>`;

const legend = html`<ul class="legend" aria-label="Legend">
	<li><i class="key service"></i>service</li>
	<li><i class="key type"></i>event type</li>
	<li><i class="key unconsumed"></i>nobody consumes</li>
	<li><i class="key unknown"></i>not published, or not known</li>
	<li><i class="key cycle"></i>cycle</li>
	<li><i class="key dead"></i>dead letters</li>
</ul>`;
