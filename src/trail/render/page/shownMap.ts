/**
 * What the script of the flow map shows of a chosen node, as texts.
 */
import { consumersOf } from '../../consumers';
import type { FlowMap } from '../../flowMap';
import { printable } from '../printable';
import { latencyText } from '../times';

export interface ShownNode {
	/** s0, t0 */
	readonly key: string;
	readonly name: string;
	/** Service, event type … */
	readonly kind: string;
	readonly facts: readonly (readonly [name: string, value: string])[];
	readonly incoming: readonly ShownLink[];
	readonly outgoing: readonly ShownLink[];
}

export interface ShownLink {
	readonly key: string;
	readonly name: string;
	readonly note: string;
}

const KINDS = { type: 'Event type', pattern: 'Pattern', expression: 'Expression, known when it runs' };

export function shownMap(map: FlowMap): readonly ShownNode[] {
	const { services, types, publishing } = map;
	const consuming = consumersOf(map);
	const service = (place: number, note: string): ShownLink => {
		return { key: `s${place}`, name: printable(services[place] ?? ''), note };
	};
	const type = (place: number, note: string): ShownLink => {
		return { key: `t${place}`, name: printable(types[place]?.eventType ?? ''), note };
	};
	return [
		...services.map((name, place): ShownNode => ({
			key: `s${place}`,
			name: printable(name),
			kind: 'Service',
			facts: [],
			incoming: consuming.filter((edge) => edge.service === place).map((edge) => type(edge.type, consumption(edge))),
			outgoing: publishing.filter((edge) => edge.service === place).map((edge) => type(edge.type, times(edge.count))),
		})),
		...types.map(({ eventType, channel, kind }, place): ShownNode => ({
			key: `t${place}`,
			name: printable(eventType),
			kind: KINDS[kind],
			facts: [['Channel', printable(channel)]],
			incoming: publishing
				.filter((edge) => edge.type === place)
				.map((edge) => service(edge.service, times(edge.count))),
			outgoing: consuming.filter((edge) => edge.type === place).map((edge) => service(edge.service, consumption(edge))),
		})),
	];
}

function consumption(edge: ReturnType<typeof consumersOf>[number]): string {
	const { count, retries, deadLetters, latencyMs, groups } = edge;
	const parts = [
		times(count),
		latencyMs && latencyText(latencyMs),
		retries > 0 && `${retries} retries`,
		deadLetters > 0 && `${deadLetters} dead letters`,
		`${groups.length === 1 ? 'group' : 'groups'} ${groups.map((group) => printable(group)).join(', ')}`,
	];
	return parts.filter(Boolean).join(' · ');
}

function times(count: number): string {
	return count === 0 ? '' : `${count}×`;
}
