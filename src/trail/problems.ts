/**
 * What is wrong with a system, as sentences.
 */
import type { FlowMap } from './flowMap';
import { printable } from './render/printable';

/** @param readByOthers channels whose events leave the system: that nobody in it consumes them is no problem */
export function problemsOf(
	{ cycles, unconsumed, idle, types, publishing, services }: FlowMap,
	readByOthers: ReadonlySet<string> = new Set(),
): readonly string[] {
	const missed = unconsumed.filter((place) => !readByOthers.has(types[place]?.channel ?? ''));
	return [
		...cycles.map(({ name, services: through }) => `Cycle: ${name} (through ${[...new Set(through)].join(', ')})`),
		...missed.map((place) => {
			const by = publishing.filter(({ type }) => type === place).map(({ service }) => services[service] ?? '');
			return `Nobody consumes ${types[place]?.eventType ?? ''} of ${by.join(', ')} (channel ${types[place]?.channel ?? ''})`;
		}),
		...idle.map(({ service, group, eventType, channel }) => {
			return `${service} waits for ${eventType}, and nobody publishes that (channel ${channel}, group ${group})`;
		}),
	].map((problem) => printable(problem));
}
