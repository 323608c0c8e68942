/**
 * How the Saga Trigger hands a saga to the Saga node: a wire format for workflows, hence snake_case.
 */
import type { INodeExecutionData } from 'n8n-workflow';
import type { SagaEntry } from '../../src/store/sql/sagas';
import { isObject, toData } from './items';

export interface Recovery {
	readonly sagaId: string;
	/** Who has the lease of the saga until the node takes it up. */
	readonly owner: string;
}

export function recoveryItem({ id, name, status, correlationId }: SagaEntry, owner: string): INodeExecutionData {
	return { json: toData({ saga_id: id, saga_name: name, status, correlation_id: correlationId, recovery: { owner } }) };
}

/** null: the item starts a saga of its own. */
export function recoveryOf(json: unknown): Recovery | null {
	if (!isObject(json) || !isObject(json.recovery)) return null;
	const { saga_id: sagaId, recovery } = json;
	return typeof sagaId === 'string' && typeof recovery.owner === 'string' ? { sagaId, owner: recovery.owner } : null;
}
