/**
 * A trail as a Mermaid sequence diagram: a lane a service, an arrow a delivery.
 */
import { handlingsOf, type Handling } from '../handlings';
import { momentOf } from '../moments';
import { mergedByTime } from '../tree';
import type { TrailEntry } from '../types';
import { mermaidText } from './mermaidText';
import { duration } from './times';

/** Mermaid draws more, and nobody reads it. */
const MOST_EVENTS = 200;

/** @returns the diagram as text, ending with a line break */
export function sequenceDiagram(entries: readonly TrailEntry[]): string {
	const all = mergedByTime(entries);
	const shown = all.slice(0, MOST_EVENTS);
	const lanes = new Map<string, string>();
	const laneOf = (service: string): string => {
		const lane = lanes.get(service) ?? `s${lanes.size}`;
		lanes.set(service, lane);
		return lane;
	};
	const steps: { readonly at: number; readonly text: string }[] = [];
	for (const entry of shown) {
		const { event, facts } = entry;
		const from = laneOf(event.source);
		const type = mermaidText(event.eventType);
		const handlings = handlingsOf(facts);
		if (handlings.length === 0) steps.push({ at: momentOf(entry), text: `${from}-)${from}: ${type}` });
		for (const handling of handlings) {
			steps.push(...stepsOf(handling, type, momentOf(entry), from, laneOf(handling.service)));
		}
	}
	steps.sort((one, other) => one.at - other.at);
	const lines = [
		'sequenceDiagram',
		...[...lanes].map(([service, lane]) => `participant ${lane} as ${mermaidText(service)}`),
		...steps.map(({ text }) => text),
		...(all.length > shown.length ? [`Note over s0: ${all.length - shown.length} more events are left out`] : []),
	];
	return `${lines.join('\n    ')}\n`;
}

function stepsOf(
	handling: Handling,
	type: string,
	since: number,
	from: string,
	to: string,
): { at: number; text: string }[] {
	const { runs, state, reason, error } = handling;
	const steps = runs.map(({ startedAt, endedAt }, place) => {
		const again = place === 0 ? '' : `, attempt ${runs[place]?.attempt ?? place + 1}`;
		return { at: startedAt ?? endedAt ?? since, text: `${from}->>${to}: ${type}${again}` };
	});
	if (runs.length === 0) steps.push({ at: since, text: `${from}--)${to}: ${type}` });
	for (const { ended, endedAt, delayMs, error: failure } of runs) {
		if (ended !== 'retry') continue;
		const pause = delayMs === null ? '' : `, comes again in ${duration(delayMs)}`;
		steps.push({ at: endedAt ?? since, text: `Note over ${to}: failed${pause}${told(failure)}` });
	}
	const last = { at: handling.since };
	if (state === 'dead-letter') {
		const why = reason === null ? '' : `, ${mermaidText(reason)}`;
		steps.push({ ...last, text: `${to}-x${to}: dead letter ${type}${why}${told(error)}` });
	} else if (state === 'duplicate' || state === 'expired' || state === 'discarded') {
		steps.push({ ...last, text: `Note over ${to}: ${type} ${state}` });
	}
	return steps;
}

function told(error: string | null): string {
	return error === null ? '' : `<br/>${mermaidText(error)}`;
}
