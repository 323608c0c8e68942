/**
 * What a workflow is called as the source of events.
 */
import type { IExecuteFunctions } from 'n8n-workflow';

export function workflowSource(context: Pick<IExecuteFunctions, 'getWorkflow'>): string {
	const { id, name } = context.getWorkflow();
	return `n8n/${name ?? id ?? 'workflow'}`;
}
