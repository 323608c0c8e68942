/**
 * A search in a read model as one statement that both stores understand. Values are never part of the text.
 */
import { EventBusError } from '../../kernel/errors';
import type { SqlValue, Statement } from '../sql/steps';
import { columnsOf, KIND, MAX_SEARCHABLE_BYTES, searchable, type Scalar } from './values';

export const OPERATORS = [
	'equals',
	'notEquals',
	'greater',
	'greaterOrEqual',
	'less',
	'lessOrEqual',
	'contains',
	'startsWith',
	'exists',
	'notExists',
] as const;

export type Operator = (typeof OPERATORS)[number];

export interface Condition {
	/** Names joined by dots: 'customer.name'. A list matches when one of its entries does. */
	readonly path: string;
	readonly operator: Operator;
	/** Any of them. None for exists and notExists; a value matches only its own kind, so '5' does not match 5. */
	readonly values: readonly Scalar[];
}

export interface DocumentQuery {
	readonly model: string;
	readonly where: readonly Condition[];
	readonly match: 'all' | 'any';
	/** null: by id. Documents without the field come last. */
	readonly sort: { readonly path: string; readonly descending: boolean } | null;
	readonly limit: number;
	readonly offset: number;
}

/** @throws EventBusError `settings` */
export function queryStatement(query: DocumentQuery): Statement {
	const values: SqlValue[] = [];
	const add = ({ sql, values: more }: Statement): string => {
		values.push(...more);
		return sql;
	};
	const join =
		query.sort === null
			? ''
			: add({
					sql: 'LEFT JOIN document_value s ON s.model = d.model AND s.id = d.id AND s.path = ? AND s.nth = 0',
					values: [searchable(query.sort.path)],
				});
	values.push(query.model);
	const conditions = query.where.map((condition) => add(conditionOf(query.model, condition)));
	const where = conditions.length === 0 ? '' : `AND (${conditions.join(query.match === 'all' ? ' AND ' : ' OR ')})`;
	const direction = query.sort?.descending ? 'DESC' : 'ASC';
	const order =
		query.sort === null
			? 'd.id'
			: `CASE WHEN s.kind IS NULL THEN 1 ELSE 0 END, s.kind ${direction}, s.num ${direction}, s.str ${direction}, d.id`;
	return {
		sql: `SELECT d.id, d.version, d.updated_at, d.data FROM document d ${join}
			WHERE d.model = ? ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
		values: [...values, query.limit, query.offset],
	};
}

function conditionOf(model: string, { path, operator, values }: Condition): Statement {
	const place = [model, searchable(path)];
	switch (operator) {
		case 'exists':
			return among('IN', place, { sql: '1 = 1', values: [] });
		case 'notExists':
			return among('NOT IN', place, { sql: '1 = 1', values: [] });
		case 'notEquals':
			return among('NOT IN', place, anyOf(values, equals));
		case 'equals':
			return among('IN', place, anyOf(values, equals));
		case 'contains':
			// Without LIKE, in which the engines differ.
			return among(
				'IN',
				place,
				anyOf(values, (value) => textual('replace(str, ?, ?) <> str', [textOf(value), ''])),
			);
		case 'startsWith':
			return among(
				'IN',
				place,
				anyOf(values, (value) => {
					const start = textOf(value);
					return textual('substr(str, 1, ?) = ?', [Array.from(start).length, start]);
				}),
			);
		default:
			return among(
				'IN',
				place,
				anyOf(values, (value) => compares(value, SIGN[operator])),
			);
	}
}

const SIGN = { greater: '>', greaterOrEqual: '>=', less: '<', lessOrEqual: '<=' } as const;

function among(is: 'IN' | 'NOT IN', place: readonly SqlValue[], { sql, values }: Statement): Statement {
	return {
		sql: `d.id ${is} (SELECT id FROM document_value WHERE model = ? AND path = ? AND (${sql}))`,
		values: [...place, ...values],
	};
}

function anyOf(values: readonly Scalar[], condition: (value: Scalar) => Statement): Statement {
	if (values.length === 0) return { sql: '1 = 0', values: [] };
	const conditions = values.map(condition);
	return {
		sql: conditions.map(({ sql }) => `(${sql})`).join(' OR '),
		values: conditions.flatMap((one) => one.values),
	};
}

function equals(value: Scalar): Statement {
	const { kind, num, str } = columnsOf(value);
	if (kind === KIND.longText) throw tooLong();
	if (str !== null) return { sql: 'str = ?', values: [str] };
	if (num !== null) return { sql: 'num = ? AND kind = ?', values: [num, kind] };
	return { sql: 'kind = ?', values: [kind] };
}

/** Numbers with numbers and texts with texts; of the others nothing is greater than anything. */
function compares(value: Scalar, sign: string): Statement {
	const { kind, num, str } = columnsOf(value);
	if (kind === KIND.longText) throw tooLong();
	if (kind === KIND.number) return { sql: `num ${sign} ? AND kind = ?`, values: [num, kind] };
	if (kind === KIND.text) return { sql: `str ${sign} ?`, values: [str] };
	return { sql: '1 = 0', values: [] };
}

function textual(sql: string, values: readonly SqlValue[]): Statement {
	return { sql: `str IS NOT NULL AND ${sql}`, values };
}

function textOf(value: Scalar): string {
	const text = searchable(String(value));
	if (text === '') throw new EventBusError('settings', 'A filter looks for an empty text', { hint: 'Give it a value' });
	if (Buffer.byteLength(text) > MAX_SEARCHABLE_BYTES) throw tooLong();
	return text;
}

function tooLong(): EventBusError {
	return new EventBusError('settings', `A filter looks for a text of more than ${MAX_SEARCHABLE_BYTES} bytes`, {
		hint: 'Only shorter texts can be searched for',
	});
}
