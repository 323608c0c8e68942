/**
 * What is wrong with a system, and what is fine, beside its map.
 */
import type { FlowMap } from '../../flowMap';
import { html, type Content, type Html } from './html';

export function findings({ cycles, unconsumed, idle, types, consuming, services }: FlowMap): Html {
	const dead = consuming.filter(({ deadLetters }) => deadLetters > 0);
	const isFine = cycles.length + unconsumed.length + idle.length + dead.length === 0;
	return html`<div class="findings">
		${isFine && html`<p class="fine"><span class="chip good">✓ fine</span> No cycle, no dead letter, and every event has a consumer.</p>`}
		${list(
			'Cycles',
			'Events that cause each other. The hop limit ends them; a condition in a workflow should.',
			cycles.map(({ name, services: through }) => [
				html`<b>${name}</b>`,
				html`<small>through ${[...new Set(through)].join(', ')}</small>`,
			]),
		)}
		${list(
			'Dead letters',
			'Events that could not be processed. They can be redriven.',
			dead.map(({ type, service, deadLetters }) => [
				html`<b>${services[service]}</b>`,
				html`<small>${deadLetters} of ${types[type]?.eventType}</small>`,
			]),
		)}
		${list(
			'Nobody consumes',
			'Published, and no group listens.',
			unconsumed.map((place) => [
				html`<b>${types[place]?.eventType}</b>`,
				html`<small>channel ${types[place]?.channel}</small>`,
			]),
		)}
		${list(
			'Waiting in vain',
			'Consumer groups that got nothing.',
			idle.map(({ service, eventType, channel, group }) => [
				html`<b>${service}</b>`,
				html`<small>for ${eventType} · channel ${channel} · group ${group}</small>`,
			]),
		)}
	</div>`;
}

function list(title: string, about: string, items: readonly Content[]): Html | null {
	if (items.length === 0) return null;
	return html`<section>
		<h3>${title} <span class="chip">${items.length}</span></h3>
		<p>${about}</p>
		<ul>
			${items.map((item) => html`<li>${item}</li>`)}
		</ul>
	</section>`;
}
