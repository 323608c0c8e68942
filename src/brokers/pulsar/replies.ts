/**
 * What Pulsar answers is JSON of any shape: reading it without trusting it.
 */
export type Reply = Readonly<Record<string, unknown>>;

/** {} for what is no object. */
export function asObject(value: unknown): Reply {
	return isObject(value) ? value : {};
}

export function asList(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

/** 0 for what is no number. */
export function asNumber(value: unknown): number {
	return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** Values that are texts. */
export function asTexts(value: unknown): Record<string, string> {
	const entries = Object.entries(asObject(value));
	return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** undefined: no JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Reply {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
