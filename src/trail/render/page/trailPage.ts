/**
 * A trail as one HTML page that needs nothing else: lanes over time, the events as a tree, and all about the chosen one.
 */
import { spanOf } from '../../moments';
import { timelineOf } from '../../timeline/timeline';
import type { Timeline } from '../../timeline/types';
import { causalTree, type TreeNode } from '../../tree';
import type { TrailEntry } from '../../types';
import { absoluteTime, duration } from '../times';
import { page } from './document';
import { eventList } from './eventList';
import { html, jsonIsland, type Html } from './html';
import type { TrailPageOptions } from './options';
import { shownTrail, type ShownEvent } from './shownTrail';
import { timelineSvg } from './timelineSvg';
import { trailStyle } from './trailStyle';

export function trailPage(entries: readonly TrailEntry[], options: TrailPageOptions = {}): string {
	const { title = 'Event trail', about } = options;
	const nodes = causalTree(entries);
	const timeline = timelineOf(nodes);
	const lanes = timeline.lanes.map(({ service }) => service);
	const events = shownTrail(nodes, lanes, options);
	const body = html`<header class="top">
			<div class="about">
				<h1>${title}</h1>
				${about !== undefined && html`<code><bdi>${about}</bdi></code>`}
			</div>
			${nodes.length > 0 && html`${numbers(nodes, timeline)}${tools(timeline)}`}
		</header>
		<main class="trail">${nodes.length === 0 ? emptyState(options) : filled(nodes, timeline, events)}</main>
		${jsonIsland('events', events)}`;
	return page({
		title: about === undefined ? title : `${title} · ${about}`,
		style: trailStyle,
		script: 'trail.client.js',
		body,
	});
}

function filled(nodes: readonly TreeNode[], timeline: Timeline, events: readonly ShownEvent[]): Html {
	return html`<section class="panel lanes" aria-labelledby="lanes-title">
			<div class="panel-title">
				<h2 id="lanes-title">Timeline</h2>
				${legend}
			</div>
			${timelineSvg(timeline, events)}
		</section>
		<section class="panel list" aria-label="List of events">
			${eventList(nodes, events)}
			<p class="nothing" id="nothing" hidden>No event fits the filter.</p>
		</section>
		<aside class="panel details" aria-label="The chosen event" id="details" tabindex="-1">
			<div class="empty">
				<strong>Choose an event</strong>
				<p>
					In the timeline or in the list, by click, or with the arrow keys and Enter. <kbd>/</kbd> goes to the filter.
				</p>
			</div>
		</aside>
		<p class="visually-hidden" role="status" id="status"></p>`;
}

function numbers(nodes: readonly TreeNode[], { lanes, runs }: Timeline): Html {
	const span = spanOf(nodes.map(({ entry }) => entry));
	const retries = runs.filter(({ ended }) => ended === 'retry').length;
	const deadLetters = runs.filter(({ ended }) => ended === 'dead-letter').length;
	return html`<div class="numbers">
		<span><b>${nodes.length}</b> ${nodes.length === 1 ? 'event' : 'events'}</span>
		<span><b>${lanes.length}</b> ${lanes.length === 1 ? 'service' : 'services'}</span>
		${span && html`<span title="${absoluteTime(span.first)} to ${absoluteTime(span.last)}"><b>${duration(span.last - span.first)}</b> from <time>${absoluteTime(span.first)}</time></span>`}
		${retries > 0 && html`<span class="warn"><b>${retries}</b> ${retries === 1 ? 'retry' : 'retries'}</span>`}
		${deadLetters > 0 && html`<span class="bad"><b>${deadLetters}</b> ${deadLetters === 1 ? 'dead letter' : 'dead letters'}</span>`}
	</div>`;
}

function tools({ runs }: Timeline): Html {
	const toggle = (tone: string, text: string): Html =>
		html`<button type="button" data-only="${tone}" aria-pressed="false">${text}</button>`;
	return html`<search class="tools">
		${runs.some(({ ended }) => ended === 'retry') && toggle('retried', 'Retried')}
		${runs.some(({ ended }) => ended === 'dead-letter') && toggle('dead', 'Dead letters')}
		<input
			type="search"
			id="filter"
			placeholder="Filter: type, service, payload …"
			aria-label="Filter the events"
			autocomplete="off"
			spellcheck="false"
		/>
	</search>`;
}

function emptyState({ ifEmpty, about }: TrailPageOptions): Html {
	return html`<section class="panel empty" aria-label="No events">
		<strong>No events here yet</strong>
		<p>
			${ifEmpty ?? `Nothing was recorded${about === undefined ? '' : ` for ${about}`}. Events appear a moment after they are published, as long as the recorder is on and keeps them.`}
		</p>
	</section>`;
}

const legend = html`<ul class="legend" aria-label="Legend">
	<li>
		<svg class="mark hued c0" width="22" height="12" aria-hidden="true">
			<rect x="1" y="1" width="20" height="10" rx="5" /></svg
		>event
	</li>
	<li>
		<svg class="hued c0" width="22" height="14" aria-hidden="true">
			<rect class="run" x="1" y="1" width="20" height="12" rx="4" /></svg
		>run
	</li>
	<li>
		<svg class="icon done" width="12" height="12" aria-hidden="true"><use href="#i-done" /></svg>done
	</li>
	<li>
		<svg class="icon retry" width="12" height="12" aria-hidden="true"><use href="#i-retry" /></svg>failed, comes again
	</li>
	<li>
		<svg class="icon dead-letter" width="12" height="12" aria-hidden="true"><use href="#i-dead-letter" /></svg>dead
		letter
	</li>
</ul>`;
