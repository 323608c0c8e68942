/**
 * The consumer group of a trigger that names none: one per trigger node, the same after every restart and rename.
 */
import { createHash } from 'node:crypto';
import { checkName } from '../../src/broker/names';

/** Ids that n8n makes fit as they are, so that a person who sees the group can find the workflow. */
export function defaultGroup(workflowId: string | undefined, nodeId: string): string {
	const readable = `${workflowId ?? 'unsaved'}.${nodeId}`;
	try {
		return checkName('consumer group', readable);
	} catch {
		// Ids of workflows written by hand may be anything.
		return `trigger-${createHash('sha256').update(readable).digest('hex').slice(0, 32)}`;
	}
}
