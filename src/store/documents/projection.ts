/**
 * Parts of a document: what is wanted of it, and nothing else.
 */
import type { Json } from '../../event/envelope';
import { isJsonObject } from '../../event/plainJson';
import { parsePath } from '../fold/path';

/** Fields that are wanted, with what is wanted of each; an empty one is wanted whole. */
export type Projection = ReadonlyMap<string, Projection>;

/**
 * @param paths names joined by dots; of a list the fields of its entries are meant
 * @throws EventBusError `settings`
 */
export function projectionOf(paths: readonly string[]): Projection {
	const root = new Map<string, Projection>();
	for (const path of paths) {
		let fields = root;
		for (const name of parsePath(path, 'Return Fields')) {
			const known = (fields.get(name) ?? new Map<string, Projection>()) as Map<string, Projection>;
			fields.set(name, known);
			fields = known;
		}
	}
	return root;
}

/** The document with the wanted fields that it has. */
export function projected(data: Json, fields: Projection): Json {
	if (fields.size === 0) return data;
	if (Array.isArray(data)) return (data as readonly Json[]).map((entry) => projected(entry, fields));
	if (!isJsonObject(data)) return data;
	const found = Object.entries(data).flatMap(([name, value]) => {
		const wanted = fields.get(name);
		return wanted ? [[name, projected(value, wanted)] as const] : [];
	});
	return Object.fromEntries(found);
}
