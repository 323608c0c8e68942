/**
 * What a consumer asks for, as a map sees it.
 */
import { isPattern, matcherOf } from '../event/typePattern';
import { isExpression } from './places';

/** A map shows types: who wants one version of a type wants the type. */
export function withoutVersion(pattern: string): string {
	const at = isExpression(pattern) ? -1 : pattern.indexOf('@');
	return at < 0 ? pattern : pattern.slice(0, at);
}

/**
 * Whether a consumer that listens to `wanted` gets `eventType`. What is published may be a pattern or an expression too: all that is known
 * of it is that # takes it.
 */
export function fits(wanted: string, eventType: string): boolean {
	const pattern = withoutVersion(wanted);
	if (pattern === eventType || pattern === '#') return true;
	if (isExpression(pattern) || isExpression(eventType) || isPattern(eventType)) return false;
	try {
		return matcherOf([pattern])(eventType, '');
	} catch {
		// A trigger refuses such a pattern, so nothing comes through it.
		return false;
	}
}
