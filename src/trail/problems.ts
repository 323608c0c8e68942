/**
 * What is wrong with a system, as sentences.
 */
import type { FlowMap } from './flowMap';
import { printable } from './render/printable';

export function problemsOf({ cycles, unconsumed, idle, types, publishing, services }: FlowMap): readonly string[] {
	return [
		...cycles.map(({ name, services: through }) => `Cycle: ${name} (through ${[...new Set(through)].join(', ')})`),
		...unconsumed.map((place) => {
			const by = publishing.filter(({ type }) => type === place).map(({ service }) => services[service] ?? '');
			return `Nobody consumes ${types[place]?.eventType ?? ''} of ${by.join(', ')} (channel ${types[place]?.channel ?? ''})`;
		}),
		...idle.map(({ service, group, eventType, channel }) => {
			return `${service} waits for ${eventType}, and nobody publishes that (channel ${channel}, group ${group})`;
		}),
	].map((problem) => printable(problem));
}
