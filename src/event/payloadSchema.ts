/**
 * Whether a payload is what a JSON Schema says.
 *
 * The schema is interpreted: no code is made of it and nothing is fetched. The library that does it is loaded with the
 * first schema, so who uses none pays for none.
 */
import { createRequire } from 'node:module';
import type * as JsonSchemaModule from '@cfworker/json-schema';
import type { OutputUnit, Schema, SchemaDraft } from '@cfworker/json-schema';
import { EventBusError, isEventBusError, messageOf } from '../kernel/errors';
import type { Json } from './envelope';
import { isJsonObject, plainJson } from './plainJson';
import { knownPart, schemaOfSchemas } from './schemaKeywords';

/** null: the payload fits; else one line that names the place in the payload and what is wrong there. */
export type PayloadCheck = (payload: Json) => string | null;

/** Characters that a name or a value may take in a message. */
const MAX_SHOWN = 80;

/**
 * Formats (`date-time`, `email`, `uuid`, …) are checked; those that the library does not know are not.
 *
 * The check costs what the schema asks for: a `pattern` that backtracks for ever does so here too, and blocks the
 * process meanwhile. A schema is the user's own; do not take one from a stranger.
 *
 * @param schema draft-07 or 2020-12, by its `$schema`; 2020-12 when it names none
 * @throws EventBusError `settings` when it is not JSON, not a schema, or refers to something outside of itself
 */
export function compilePayloadSchema(schema: string | object): PayloadCheck {
	const document = typeof schema === 'string' ? parsed(schema) : plainJson(schema, 'schema');
	const draft = draftOf(document);
	const { dereference, validate } = loadLibrary();
	const check = (value: Json, against: Schema | boolean, lookup: ReturnType<typeof dereference>) => {
		try {
			return problemIn(validate(value, against, draft, lookup).errors);
		} catch (error) {
			// An endless reference, or a payload too deep for a schema that refers to itself.
			return { at: '', what: `It could not be checked: ${shown(messageOf(error))}` };
		}
	};

	const wrong = check(document, schemaOfSchemas as Schema, dereference(schemaOfSchemas as Schema));
	if (wrong) throw unusable(`${placed(wrong.at)}${wrong.what}`);
	const own = knownPart(document) as Schema | boolean;
	const lookup = resolved(own, dereference);
	return (payload) => {
		const problem = check(payload, own, lookup);
		return problem && `The payload does not fit its schema: ${placed(problem.at)}${problem.what}`;
	};
}

function loadLibrary(): typeof JsonSchemaModule {
	return createRequire(__filename)('@cfworker/json-schema') as typeof JsonSchemaModule;
}

function parsed(text: string): Json {
	try {
		return plainJson(JSON.parse(text), 'schema');
	} catch (error) {
		if (isEventBusError(error)) throw error;
		throw new EventBusError('settings', `The schema is not JSON: ${messageOf(error)}`, {
			hint: 'Write a JSON Schema such as { "type": "object", "required": ["order_id"] }',
		});
	}
}

const DRAFTS: ReadonlyMap<string, SchemaDraft> = new Map([
	['json-schema.org/draft-07/schema', '7'],
	['json-schema.org/draft/2020-12/schema', '2020-12'],
]);

function draftOf(schema: Json): SchemaDraft {
	const named = isJsonObject(schema) ? schema.$schema : undefined;
	if (typeof named !== 'string') return '2020-12';
	const draft = DRAFTS.get(named.replace(/^https?:\/\//, '').replace(/#$/, ''));
	if (draft) return draft;
	throw new EventBusError('settings', `The schema is written in "${shown(named)}", which is not known here`, {
		hint: 'Use draft-07 or 2020-12: remove $schema, or set it to https://json-schema.org/draft/2020-12/schema',
	});
}

/** The schemas by their URI, with every reference known to lead somewhere. */
function resolved(schema: Schema | boolean, dereference: typeof JsonSchemaModule.dereference) {
	const lookup = lookupOf(schema, dereference);
	for (const part of Object.values(lookup)) {
		if (typeof part === 'boolean' || part.$ref === undefined) continue;
		if (lookup[part.__absolute_ref__ ?? ''] !== undefined) continue;
		throw new EventBusError('settings', `The schema refers to "${shown(part.$ref)}", which is not in it`, {
			hint: 'Nothing is fetched: put that schema under $defs, and refer to it as #/$defs/<name>',
		});
	}
	return lookup;
}

function lookupOf(schema: Schema | boolean, dereference: typeof JsonSchemaModule.dereference) {
	try {
		return dereference(schema);
	} catch (error) {
		// An $id that is no URI, or two schemas of the same one.
		throw unusable(shown(messageOf(error)));
	}
}

function unusable(problem: string): EventBusError {
	return new EventBusError('settings', `The schema is not a JSON Schema: ${problem}`, {
		hint: 'Correct it there; draft-07 and 2020-12 are understood, except $dynamicRef and $recursiveRef',
	});
}

/** Errors that only say that something below them is wrong; the reason follows them in the list. */
const FOLLOWED_BY_REASON: ReadonlySet<string> = new Set([
	...['$ref', 'allOf', 'if', 'properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties'],
	...['propertyNames', 'dependentSchemas', 'items', 'prefixItems', 'additionalItems', 'unevaluatedItems'],
]);

const WORDING: Readonly<Record<string, string>> = {
	false: 'Nothing is allowed here.',
	anyOf: 'It fits none of the alternatives.',
	not: 'It is what the schema excludes.',
};

interface Problem {
	/** JSON pointer; '' for the root. */
	readonly at: string;
	readonly what: string;
}

function problemIn(errors: readonly OutputUnit[]): Problem | null {
	const error = errors.find(({ keyword }) => !FOLLOWED_BY_REASON.has(keyword)) ?? errors[0];
	if (!error) return null;
	const text = error.error.replace(/^Instance type/, 'Type').replace(/^Instance /, 'It ');
	return { at: readable(error.instanceLocation.slice(1)), what: WORDING[error.keyword] ?? shown(text) };
}

/** The library writes pointers as they stand in a URI. */
function readable(pointer: string): string {
	return decodeURIComponent(pointer);
}

function placed(at: string): string {
	return at === '' ? '' : `${shown(at)}: `;
}

/** On one line, and no longer than a line bears. */
function shown(text: string): string {
	const line = text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ');
	return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}
