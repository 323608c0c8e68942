/**
 * A step's action with its expressions evaluated: by n8n itself, against the scope of the saga in place of the item.
 */
import type { IExecuteFunctions } from 'n8n-workflow';
import type { Json } from '../../src/event/envelope';
import { isJsonObject } from '../../src/event/plainJson';
import { EventBusError } from '../../src/kernel/errors';
import type { SagaScope } from '../../src/saga/types';
import { toData } from '../shared/items';
import { parsedJson } from '../shared/jsonParameter';
import { expressionOf, isExpression } from './expressions';

const DATA = { what: 'the result', parameter: 'Data', example: '{ "order_id": "ord_1" }' };

type EvaluateContext = Pick<IExecuteFunctions, 'getInputData' | 'evaluateExpression'>;

/**
 * n8n evaluates `$json` as the item at the index, so the scope takes its place for the moment. Evaluation does not wait
 * for anything, so no other step of this run sees it.
 *
 * @throws what n8n throws for an expression that fails; EventBusError `settings`
 */
export function resolveTemplate(
	context: EvaluateContext,
	itemIndex: number,
	template: Json,
	{ json }: SagaScope,
): Json {
	const items = context.getInputData();
	const item = items[itemIndex];
	if (!item) throw new EventBusError('bug', `There is no item ${itemIndex}`);
	items[itemIndex] = { ...item, json: toData(json as object) };
	try {
		if (!isJsonObject(template)) return template;
		const evaluated = Object.entries(template).map(([field, value]) => [
			field,
			evaluate(context, itemIndex, field, value),
		]);
		return Object.fromEntries(evaluated) as Json;
	} finally {
		items[itemIndex] = item;
	}
}

function evaluate(context: EvaluateContext, itemIndex: number, field: string, value: Json): Json {
	if (typeof value !== 'string' || !isExpression(value)) return value;
	const evaluated: unknown = context.evaluateExpression(expressionOf(value), itemIndex);
	// Expressions among other text give text; what are data is still to be read as JSON.
	return field === 'data' ? parsedJson(DATA, evaluated) : (evaluated as Json);
}
