/**
 * A flow map as a Mermaid flowchart.
 */
import { consumersOf } from '../consumers';
import type { FlowMap } from '../flowMap';
import { mermaidText } from './mermaidText';
import { latencyText } from './times';

const STYLES = [
	'classDef service fill:#eef3fb,stroke:#5b7fb8,color:#16263f',
	'classDef type fill:#ffffff,stroke:#98a2b3,color:#1b2130',
	'classDef cycle fill:#fde7e5,stroke:#d6453d,color:#8c1d18,stroke-width:2px',
	'classDef unconsumed fill:#fdf0d8,stroke:#d08a1d,color:#7a4600,stroke-dasharray:4 3',
	'classDef unknown fill:#f4f4f6,stroke:#98a2b3,color:#565f70,stroke-dasharray:2 3',
];

/** @returns the diagram as text, ending with a line break */
export function flowchart(map: FlowMap): string {
	const { services, types, publishing } = map;
	const channels = new Set(types.map(({ channel }) => channel));
	const lines = [
		...services.map((service, place) => `s${place}["${mermaidText(service)}"]:::service`),
		...types.map(({ eventType, channel }, place) => {
			const where = channels.size > 1 ? `<br/>${mermaidText(channel)}` : '';
			return `t${place}(["${mermaidText(eventType)}${where}"]):::${classOf(map, place)}`;
		}),
		...publishing.map(({ service, type, count }) => `s${service} -->${label([times(count)])} t${type}`),
		...consumersOf(map).map(({ type, service, count, retries, deadLetters, latencyMs }) => {
			const parts = [
				times(count),
				latencyMs && latencyText(latencyMs),
				retries > 0 && `${retries} retries`,
				deadLetters > 0 && `${deadLetters} dead letters`,
			];
			return `t${type} ${deadLetters > 0 ? '-.->' : '-->'}${label(parts)} s${service}`;
		}),
		...STYLES,
	];
	return `${['flowchart LR', ...lines].join('\n    ')}\n`;
}

function classOf({ types, unconsumed }: FlowMap, place: number): string {
	const type = types[place];
	if (type?.inCycle) return 'cycle';
	if (unconsumed.includes(place)) return 'unconsumed';
	return type?.kind === 'type' ? 'type' : 'unknown';
}

function times(count: number): string | false {
	return count > 0 && `${count}×`;
}

function label(parts: readonly (string | false | null)[]): string {
	const shown = parts.filter((part) => part !== false && part !== null);
	return shown.length === 0 ? '' : `|"${shown.join('<br/>')}"|`;
}
