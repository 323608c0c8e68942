/**
 * The Saga nodes a Saga Trigger leads into: which sagas they run, and where the answers to their commands come.
 */
import type { ITriggerFunctions } from 'n8n-workflow';
import { isExpression } from '../Saga/expressions';
import { STEP_DEFAULTS } from '../Saga/steps';
import { isObject } from '../shared/items';
import { collection, text } from '../shared/parameters';

export interface ConnectedSagas {
	/** null: one of them gets its name from an expression, so it may be any. */
	readonly names: readonly string[] | null;
	/** Where command events are answered; none: no step is one. */
	readonly channels: ReadonlySet<string>;
}

type Context = Pick<ITriggerFunctions, 'getChildNodes' | 'getNode'>;

const SAGA_TYPE = /\.saga$/;

export function connectedSagas(context: Context): ConnectedSagas {
	const children = context.getChildNodes(context.getNode().name, { includeNodeParameters: true });
	const sagas = children
		.filter(({ type, disabled }) => SAGA_TYPE.test(type) && !disabled)
		.map(({ parameters }): Readonly<Record<string, unknown>> => (isObject(parameters) ? parameters : {}))
		.filter(({ operation }) => operation === undefined || operation === 'run');
	const names = sagas.map(({ sagaName }) => text(sagaName));
	const isAnyName = names.length === 0 || names.some((name) => name === '' || isExpression(name));
	return { names: isAnyName ? null : [...new Set(names)], channels: new Set(sagas.flatMap(channelsOf)) };
}

function channelsOf(parameters: Readonly<Record<string, unknown>>): readonly string[] {
	const { values } = collection(parameters.steps);
	const rows = Array.isArray(values) ? values.map(collection) : [];
	return rows
		.filter((row) => row.do === 'event' || row.undo === 'event')
		.map(({ options }) => text(collection(options).channel) || STEP_DEFAULTS.channel);
}
