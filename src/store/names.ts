/**
 * Names of streams and read models: what both stores can index and a person can read in a list.
 */
import { isPrintable } from '../event/limits';
import { EventBusError } from '../kernel/errors';

/** Bytes of UTF-8. An index entry of PostgreSQL holds 2,700, and some hold two names. */
const MAX_BYTES = 400;

/** What streams of sagas begin with, up to the dash. */
export const SAGA_CATEGORY = 'saga';

/** @throws EventBusError `settings` */
export function checkStreamName(name: string): string {
	return checkedName('stream', name);
}

/** @throws EventBusError `settings` */
export function checkModelName(name: string): string {
	return checkedName('read model', name);
}

/** @throws EventBusError `settings` */
export function checkDocumentId(id: string): string {
	return checkedName('document', id);
}

/** The part of a stream's name before the first dash: order-123 is of the category order. */
export function categoryOf(stream: string): string {
	const dash = stream.indexOf('-');
	return dash < 0 ? stream : stream.slice(0, dash);
}

function checkedName(what: string, name: string): string {
	const problem = problemOf(name);
	if (problem === null) return name;
	throw new EventBusError('settings', `The name of a ${what} ${problem}`, {
		hint: `Use 1 to ${MAX_BYTES} characters without line breaks, such as order-123. If it is an expression, look at what it gives for this item.`,
	});
}

function problemOf(name: string): string | null {
	if (name === '') return 'is empty';
	if (name !== name.trim()) return `begins or ends with a blank: "${shorten(name)}"`;
	if (!isPrintable(name)) return 'contains a control character or half a character';
	if (Buffer.byteLength(name) > MAX_BYTES) return `is longer than ${MAX_BYTES} bytes: "${shorten(name)}"`;
	return null;
}

function shorten(name: string): string {
	return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
