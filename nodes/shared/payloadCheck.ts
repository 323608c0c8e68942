/**
 * The option that holds a JSON Schema, of the nodes that check payloads by one.
 */
import { compilePayloadSchema, type PayloadCheck } from '../../src/event/payloadSchema';
import { EventBusError } from '../../src/kernel/errors';

/** A node reads the same option for each of its items; making the check anew would cost more than checking. */
let last: { readonly text: string; readonly check: PayloadCheck } | null = null;

/**
 * @param options of the node; one that is not added, or left empty, asks for nothing
 * @throws EventBusError `settings`
 */
export function payloadCheckOf(
	label: string,
	options: Readonly<Record<string, unknown>>,
	name: string,
): PayloadCheck | null {
	if (!(name in options)) return null;
	const given = options[name];
	if (typeof given === 'string') return given.trim() === '' ? null : checkBy(given);
	if (typeof given === 'object' && given !== null) return compilePayloadSchema(given);
	// Silence here would publish, or run, what nobody has checked.
	throw new EventBusError('settings', `${label} is no JSON Schema`, {
		hint: `The expression in ${label} found nothing: check the names it uses, or remove the option`,
	});
}

function checkBy(text: string): PayloadCheck {
	if (last?.text !== text) last = { text, check: compilePayloadSchema(text) };
	return last.check;
}
