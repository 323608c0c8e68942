/**
 * Which expressions the rows of a saga may use. Pure.
 *
 * A row is evaluated when its step comes, maybe by another run after a crash, where the other nodes of the workflow have
 * no data. So it may read what the saga itself keeps, and nothing of the run.
 */
import { EventBusError } from '../../src/kernel/errors';

/** The scope of the step, the time, and what n8n keeps for all workflows; the rest are functions of their arguments. */
const ALLOWED: ReadonlySet<string> = new Set([
	'$json',
	'$now',
	'$today',
	'$vars',
	'$if',
	'$ifEmpty',
	'$max',
	'$min',
	'$jmespath',
	'$not',
]);

/** n8n's sign at the beginning of a parameter that holds expressions. */
const SIGN = '=';

export function isExpression(value: unknown): boolean {
	return typeof value === 'string' && value.startsWith(SIGN);
}

/** What n8n evaluates. */
export function expressionOf(value: string): string {
	return value.slice(SIGN.length);
}

/**
 * @param where names the parameter: 'Data of reserve_inventory'
 * @throws EventBusError `settings`
 */
export function checkReferences(where: string, value: string): void {
	if (!isExpression(value)) return;
	const forbidden = codeIn(expressionOf(value))
		.flatMap(namesIn)
		.find((name) => !ALLOWED.has(name));
	if (forbidden === undefined) return;
	const shown = forbidden === '$' ? "$('…')" : forbidden;
	throw new EventBusError('settings', `${where} uses ${shown}, which the steps of a saga cannot read`, {
		hint: 'Put what you need into Saga Input and read it as $json there; results of earlier steps are $json.steps.<name>',
	});
}

/** What stands between {{ and }}. */
function codeIn(expression: string): readonly string[] {
	return [...expression.matchAll(/\{\{([\s\S]*?)\}\}/g)].map((found) => found[1] ?? '');
}

/** Strings, or one name that begins with $. The parts of a template string are code again. */
const TOKEN = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<![\w$])\$(?!\{)\w*/g;

function namesIn(code: string): readonly string[] {
	return [...code.matchAll(TOKEN)].map((found) => found[0]).filter((token) => token.startsWith('$'));
}
