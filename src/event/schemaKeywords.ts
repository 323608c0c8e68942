/**
 * The keywords of JSON Schema that are checked, and what may stand behind each: a schema of schemas for draft-07 and
 * 2020-12 together.
 *
 * Everything else is dropped before a schema is used. An unknown keyword means nothing by the standard, but the library
 * looks for schemas in it too, and stumbles over the `id` in an `example` of OpenAPI.
 */
import type { Json } from './envelope';
import { isJsonObject, type JsonObject } from './plainJson';

type Holds = 'value' | 'schema' | 'list of schemas' | 'map of schemas';

interface Keyword {
	readonly holds: Holds;
	readonly fits: Json;
}

const SCHEMA: Json = { $ref: '#' };
const SCHEMAS: Json = { type: 'array', items: SCHEMA };
const NAMES: Json = { type: 'array', items: { type: 'string' } };
const TYPE: Json = { enum: ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] };
const PATTERN: Json = { type: 'string', format: 'regex' };
const NUMBER: Json = { type: 'number' };
const ANYTHING: Json = true;
/** It would let everything through: the library does not know it. */
const REFUSED: Json = false;

const KEYWORDS: ReadonlyMap<string, Keyword> = new Map([
	...all(['$schema', '$id', '$anchor', '$ref', 'format'], 'value', { type: 'string' }),
	...all(['$dynamicRef', '$recursiveRef'], 'value', REFUSED),
	...all(['const'], 'value', ANYTHING),
	...all(['enum'], 'value', { type: 'array' }),
	...all(['type'], 'value', listOrNot({ type: 'array', items: TYPE, minItems: 1 }, TYPE)),
	...all(['required'], 'value', NAMES),
	...all(['dependentRequired'], 'value', { type: 'object', additionalProperties: NAMES }),
	...all(['pattern'], 'value', PATTERN),
	...all(['multipleOf'], 'value', { type: 'number', exclusiveMinimum: 0 }),
	...all(['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'], 'value', NUMBER),
	...all(['maxLength', 'minLength', 'maxItems', 'minItems'], 'value', { type: 'integer', minimum: 0 }),
	...all(['maxProperties', 'minProperties'], 'value', { type: 'integer', minimum: 0 }),
	...all(['maxContains', 'minContains'], 'value', { type: 'integer', minimum: 0 }),
	...all(['uniqueItems'], 'value', { type: 'boolean' }),
	...all(['not', 'if', 'then', 'else', 'contains', 'propertyNames'], 'schema', SCHEMA),
	...all(['additionalProperties', 'unevaluatedProperties'], 'schema', SCHEMA),
	...all(['additionalItems', 'unevaluatedItems'], 'schema', SCHEMA),
	...all(['items'], 'schema', listOrNot(SCHEMAS, SCHEMA)),
	...all(['allOf', 'anyOf', 'oneOf'], 'list of schemas', { ...SCHEMAS, minItems: 1 }),
	...all(['prefixItems'], 'list of schemas', SCHEMAS),
	...all(['$defs', 'definitions', 'properties', 'dependentSchemas'], 'map of schemas', mapOf(SCHEMA)),
	...all(['patternProperties'], 'map of schemas', { ...mapOf(SCHEMA), propertyNames: PATTERN }),
	...all(['dependencies'], 'map of schemas', mapOf(listOrNot(NAMES, SCHEMA))),
]);

export const schemaOfSchemas = {
	type: ['boolean', 'object'],
	properties: Object.fromEntries([...KEYWORDS].map(([name, { fits }]) => [name, fits])),
};

/** The schema with the keywords above, as new objects. @param schema fits `schemaOfSchemas` */
export function knownPart(schema: Json): Json {
	if (Array.isArray(schema)) return schema.map(knownPart);
	if (!isJsonObject(schema)) return schema;
	const known = Object.entries(schema).flatMap(([name, value]): [string, Json][] => {
		const holds = KEYWORDS.get(name)?.holds;
		if (holds === undefined) return [];
		if (holds === 'value') return [[name, value]];
		return [[name, holds === 'map of schemas' ? knownParts(value) : knownPart(value)]];
	});
	return Object.fromEntries(known);
}

function knownParts(map: Json): Json {
	if (!isJsonObject(map)) return map;
	return Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, knownPart(schema)]));
}

function all(names: readonly string[], holds: Holds, fits: Json): readonly (readonly [string, Keyword])[] {
	return names.map((name) => [name, { holds, fits }]);
}

function listOrNot(list: Json, other: Json): Json {
	return { if: { type: 'array' }, then: list, else: other };
}

function mapOf(schema: Json): JsonObject {
	return { type: 'object', additionalProperties: schema };
}
