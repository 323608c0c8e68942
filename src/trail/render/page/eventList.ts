/**
 * The events of a trail as a tree in a list, a row each.
 */
import type { TreeNode } from '../../tree';
import { cut } from '../printable';
import { colourClass } from './baseStyle';
import { html, type Html } from './html';
import type { ShownEvent, ShownHandling } from './shownTrail';

/** Deeper rows are not moved further to the right: the name must stay readable. */
const DEEPEST_INDENT = 12;
const MOST_SUBJECT = 60;
/** More consumers than these are counted. */
const MOST_OUTCOMES = 3;

export function eventList(nodes: readonly TreeNode[], events: readonly ShownEvent[]): Html {
	return html`<div class="rows" role="treegrid" aria-label="Events" aria-rowcount="${events.length + 1}">
		<div class="row head" role="row">
			<span role="columnheader">Time</span><span role="columnheader">Event</span><span role="columnheader">Service</span
			><span role="columnheader">Subject</span><span role="columnheader">What happened</span>
		</div>
		${events.map((event, place) => row(event, place, nodes[place]))}
	</div>`;
}

function row(event: ShownEvent, place: number, node: TreeNode | undefined): Html | null {
	if (!node) return null;
	const { depth, children, ancestry } = node;
	const indent = `d${Math.min(depth, DEEPEST_INDENT)}`;
	return html`<div
		class="row ${event.tone}"
		role="row"
		tabindex="${place === 0 ? 0 : -1}"
		data-event="${place}"
		data-depth="${depth}"
		aria-level="${depth + 1}"
		aria-selected="false"
		${children > 0 && html` aria-expanded="true"`}
	>
		<span role="gridcell" class="time"><b>${event.after}</b><time>${event.clock}</time></span
		><span role="gridcell" class="type ${indent}"
			><i class="twist" aria-hidden="true"></i>${mismatch(ancestry)}<bdi>${event.type}</bdi></span
		><span role="gridcell"
			><span class="chip service ${colourClass(event.lane)}"><bdi>${event.source}</bdi></span></span
		><span role="gridcell" class="subject"><bdi>${cut(event.subject, MOST_SUBJECT)}</bdi></span
		><span role="gridcell" class="outcomes">${outcomes(event.handlings)}</span>
	</div> `;
}

function mismatch(ancestry: TreeNode['ancestry']): Html | null {
	if (ancestry === 'orphan')
		return html`<span class="chip" title="Its cause is not in this trail">cause unknown</span>`;
	return ancestry === 'cycle' ? html`<span class="chip bad" title="These events cause each other">cycle</span>` : null;
}

function outcomes(handlings: readonly ShownHandling[]): Html {
	if (handlings.length === 0) return html`<span class="none">no consumer</span>`;
	const [shown, more] = [handlings.slice(0, MOST_OUTCOMES), handlings.length - MOST_OUTCOMES];
	return html`${shown.map(
		({ service, state, brief, tone }) =>
			html`<span class="chip ${tone}" title="${service}: ${state}"
				><i class="tone" aria-hidden="true"></i
				><bdi>${service}</bdi>${brief !== '' && html`<span class="word">${brief}</span>`}</span
			>`,
	)}${more > 0 && html`<span class="chip">${more} more</span>`}`;
}
