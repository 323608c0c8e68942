/**
 * Content types: reading the header, and the types that are ours or CloudEvents'.
 */

const EVENT_BUS_MEDIA_TYPE = 'application/vnd.event-bus+json';
/** The version of the wire format this library writes, and the highest it reads. */
export const WIRE_VERSION = 1;
export const EVENT_BUS_CONTENT_TYPE = `${EVENT_BUS_MEDIA_TYPE};v=${WIRE_VERSION}`;
const CLOUDEVENTS_MEDIA_TYPE = 'application/cloudevents';
export const CLOUDEVENTS_CONTENT_TYPE = `${CLOUDEVENTS_MEDIA_TYPE}+json`;
export const JSON_CONTENT_TYPE = 'application/json';
export const TEXT_CONTENT_TYPE = 'text/plain';
export const BYTES_CONTENT_TYPE = 'application/octet-stream';

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

export interface ContentType {
	/** Lower-case, without parameters. */
	readonly mediaType: string;
	/** The parameter `v`. */
	readonly version: string | null;
}

/** null: no content type, or none that can be read. */
export function parseContentType(header: string | undefined): ContentType | null {
	const [first = '', ...parameters] = (header ?? '').split(';');
	const mediaType = first.trim().toLowerCase();
	if (!MEDIA_TYPE.test(mediaType)) return null;
	for (const parameter of parameters) {
		const [name = '', value = ''] = parameter.split('=');
		if (name.trim().toLowerCase() === 'v') return { mediaType, version: value.trim().replaceAll('"', '') };
	}
	return { mediaType, version: null };
}

export function isEventBusType({ mediaType }: ContentType): boolean {
	return mediaType === EVENT_BUS_MEDIA_TYPE;
}

/** In any of its formats: JSON, batch, XML, …. */
export function isCloudEventsType({ mediaType }: ContentType): boolean {
	return mediaType.startsWith(CLOUDEVENTS_MEDIA_TYPE);
}

export function isJsonType({ mediaType }: ContentType): boolean {
	return mediaType === JSON_CONTENT_TYPE || mediaType === 'text/json' || mediaType.endsWith('+json');
}
