/**
 * Single parameters of saved nodes.
 */
import { isExpression } from '../places';
import { textOf, type WorkflowNode } from './workflowFile';

export const DEFAULT_CHANNEL = 'events';

/** A channel of another broker is another channel: a credential is named with it. */
export function busChannelOf(node: WorkflowNode, channel: string, connection = 'connection'): string {
	if (node.parameters[connection] !== 'credential') return channel;
	return `${channel} (${textOf(node.credentials.eventBusApi) || 'credential'})`;
}

/** Of a comma-separated list; none: everything. */
export function patternsOf(value: unknown): readonly string[] {
	const text = constant(value);
	if (isExpression(text)) return [text];
	const patterns = text
		.split(',')
		.map((pattern) => pattern.trim())
		.filter((pattern) => pattern !== '');
	return patterns.length === 0 ? ['#'] : patterns;
}

/** The text of a parameter; an expression as it is, unless it computes nothing. */
export function constant(value: unknown): string {
	const text = textOf(typeof value === 'object' && value !== null && 'value' in value ? value.value : value);
	return isExpression(text) && !text.includes('{{') ? text.slice(1).trim() : text;
}
