/**
 * A step that is another workflow: it gets the data as its one item, and its answer is what its last node gives.
 */
import type { ExecuteWorkflowData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Json } from '../../src/event/envelope';
import { isJsonObject } from '../../src/event/plainJson';
import { messageOf } from '../../src/kernel/errors';
import { commandId } from '../../src/saga/command';
import type { StepCall, StepOutcome } from '../../src/saga/types';
import { toData } from '../shared/items';
import { requiredText } from '../shared/parameters';
import type { SagaCommand } from '../shared/sagaCommand';

export async function callSubWorkflow(context: IExecuteFunctions, call: StepCall): Promise<StepOutcome> {
	const command = isJsonObject(call.command) ? call.command : {};
	try {
		const id = requiredText(`Workflow of ${call.step}`, command.workflow);
		const result = await context.executeWorkflow({ id }, [itemOf(call, command.data ?? null)], undefined, {
			parentExecution: { executionId: context.getExecutionId(), workflowId: context.getWorkflow().id ?? '' },
		});
		if (result.waitTill) return waits(call);
		return { as: 'succeeded', result: answerOf(result) };
	} catch (error) {
		// A workflow that fails has decided so: what it wants to try again it tries itself.
		return {
			as: 'failed',
			error: { code: 'sub-workflow', message: `${call.step} failed: ${messageOf(error)}` },
			mayRetry: false,
			mayHaveHappened: false,
		};
	}
}

/** The data at the top level, and beside them what the step is. Data that are no object stand under `data`. */
function itemOf(call: StepCall, data: Json): INodeExecutionData {
	const { saga, step, direction, attempt, idempotencyKey } = call;
	const command: SagaCommand = {
		id: saga.id,
		name: saga.definition.name,
		step,
		direction,
		attempt,
		idempotency_key: idempotencyKey,
		correlation_id: saga.correlationId,
		command_id: commandId(saga, step, direction),
		hops: (saga.cause?.metadata.hops ?? -1) + 1,
	};
	return { json: toData({ ...(isJsonObject(data) ? data : { data }), saga: command }) };
}

/** One item is its JSON; several are a list. */
function answerOf({ data }: ExecuteWorkflowData): Json {
	const items = (data[0] ?? []).map(({ json }) => json as Json);
	const [only, ...others] = items;
	return others.length === 0 ? (only ?? {}) : items;
}

function waits({ step }: StepCall): StepOutcome {
	const message = `${step} waits (Wait node), and a saga needs a step to end: make it a Command Event that is answered later`;
	return { as: 'failed', error: { code: 'waits', message }, mayRetry: false, mayHaveHappened: true };
}
