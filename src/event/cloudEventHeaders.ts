/**
 * CloudEvents attributes as message headers: the binary mode.
 *
 * Written with the prefix and the percent-encoding of the HTTP binding. Read with every prefix that a binding or a
 * product uses: `ce-` (HTTP, Pub/Sub, Knative), `ce_` (Kafka), `cloudEvents:` and `cloudEvents_` (AMQP).
 */
import type { Attributes } from './cloudEvents';
import type { JsonObject } from './plainJson';

type Headers = Readonly<Record<string, string>>;

const PREFIX = 'ce-';
const HEADER = /^(ce-|ce_|cloudevents:|cloudevents_)(.+)$/i;
/** Space, double quote, percent, and everything outside printable ASCII. */
const TO_ENCODE = /[^\x21\x23\x24\x26-\x7e]/gu;

/** `datacontenttype` is left out: it travels as the content type. */
export function toHeaders(attributes: Attributes): Headers {
	return Object.fromEntries(
		Object.entries(attributes)
			.filter(([name]) => name !== 'datacontenttype')
			.map(([name, value]) => [`${PREFIX}${name}`, String(value).replace(TO_ENCODE, encodeURIComponent)]),
	);
}

/** null: the headers are not those of a CloudEvent. */
export function fromHeaders(headers: Headers): JsonObject | null {
	const attributes: [string, string][] = [];
	for (const [header, value] of Object.entries(headers)) {
		const [, prefix, name] = HEADER.exec(header) ?? [];
		if (prefix === undefined || name === undefined) continue;
		// Only the HTTP binding encodes.
		attributes.push([name.toLowerCase(), prefix.toLowerCase() === PREFIX ? decoded(value) : value]);
	}
	return attributes.some(([name]) => name === 'specversion') ? Object.fromEntries(attributes) : null;
}

function decoded(value: string): string {
	try {
		return decodeURIComponent(value);
	} catch {
		// A sender that does not encode may write a percent sign.
		return value;
	}
}
