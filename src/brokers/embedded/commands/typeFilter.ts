/**
 * Which messages a group wants. The first sieve: what cannot be judged here passes, and the core judges it.
 */
import { checkTypePatterns, matcherOf } from '../../../event/typePattern';

type Wants = (type: string, version: string | null) => boolean;

/** Groups keep their patterns for long, and every publish asks. */
const compiled = new Map<string, Wants>();
const MAX_COMPILED = 1000;

/**
 * Two lists of the same patterns are stored as the same text.
 * @throws EventBusError `settings`
 */
export function canonicalTypes(types: readonly string[]): string {
	return JSON.stringify(checkTypePatterns(types));
}

export function patternsOf(canonical: string): readonly string[] {
	return JSON.parse(canonical) as readonly string[];
}

export function wantsOf(canonical: string): Wants {
	const known = compiled.get(canonical);
	if (known) return known;
	const patterns = patternsOf(canonical);
	const matches = matcherOf(patterns);
	const matchesAnyVersion = matcherOf(patterns.map((pattern) => pattern.split('@')[0] ?? pattern));
	const wants: Wants = (type, version) => {
		// A foreign message: its type stands in its body, if anywhere.
		if (type === '') return true;
		return version === null ? matchesAnyVersion(type, '') : matches(type, version);
	};
	if (compiled.size >= MAX_COMPILED) compiled.clear();
	compiled.set(canonical, wants);
	return wants;
}
