/**
 * Appending to a stream.
 *
 * The head of the log is taken first and kept until the commit. It orders the appends of all processes, and nobody can
 * wait for somebody who waits for him.
 */
import type { EventEnvelope } from '../../event/envelope';
import { EventBusError } from '../../kernel/errors';
import { categoryOf } from '../names';
import type { AppendResult, ExpectedVersion, Place } from '../types';
import type { StoreContext } from './context';
import { insertRows, places, run, type Statement, type Steps, together } from './steps';

export interface AppendArgs {
	readonly stream: string;
	readonly events: readonly EventEnvelope[];
	readonly expect: ExpectedVersion;
	/** Also hands the events to a bus, in the same commit; null: only stores them. */
	readonly publish: { readonly target: string; readonly channel: string } | null;
}

/**
 * All or none. Events whose id is in the stream already are skipped, so an append that is repeated changes nothing.
 * @throws EventBusError `version-conflict`
 */
export function* append({ now }: StoreContext, args: AppendArgs): Steps<AppendResult> {
	const { stream, events, expect, publish } = args;
	const { head, version, known } = yield* takeHead(stream, events);
	const fresh = distinctNew(events, known);
	if (fresh.length === 0 && events.length > 0) return { version, places: placesOf(events, known, known) };
	checkExpected(stream, expect, version);
	if (fresh.length === 0) return { version, places: [] };

	const added = new Map<string, Place>();
	fresh.forEach(({ event_id }, index) => {
		added.set(event_id, { version: version + index + 1, position: head + index + 1, isNew: true });
	});
	const after = version + fresh.length;
	yield* run('UPDATE log_head SET position = ? WHERE id = 1', head + fresh.length);
	yield* run(
		`INSERT INTO stream (name, category, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at`,
		stream,
		categoryOf(stream),
		after,
		now,
		now,
	);
	yield* insertRows(
		'event (position, stream, version, event_id, type, type_version, category, correlation_id, recorded_at, body)',
		fresh.map((event) => {
			const place = added.get(event.event_id);
			return [
				place?.position ?? 0,
				stream,
				place?.version ?? 0,
				event.event_id,
				event.event_type,
				event.event_version,
				categoryOf(stream),
				event.metadata.correlation_id,
				now,
				JSON.stringify(event),
			];
		}),
	);
	if (publish !== null) {
		const rows = fresh.map(({ event_id }) => [publish.target, added.get(event_id)?.position ?? 0, publish.channel]);
		yield* insertRows('outbox (target, position, channel)', rows);
	}
	return { version: after, places: placesOf(events, known, added) };
}

const HOLD_HEAD = 'UPDATE log_head SET position = position WHERE id = 1 RETURNING position';

/** Nobody else appends until the commit. */
export function* holdHead(): Steps<void> {
	yield* run(HOLD_HEAD);
}

/** Ids in one statement. */
const IDS_AT_ONCE = 1000;

/** Nobody else appends until the commit, so what is found holds until then. */
function* takeHead(
	stream: string,
	events: readonly EventEnvelope[],
): Steps<{
	/** Position of the newest event. */
	readonly head: number;
	/** Of the stream. */
	readonly version: number;
	/** Where events stand that are in it already, by id. */
	readonly known: ReadonlyMap<string, Place>;
}> {
	const [heads, streams, ...found] = yield* together([
		{ sql: HOLD_HEAD, values: [] },
		{ sql: 'SELECT version FROM stream WHERE name = ?', values: [stream] },
		...whereKnown(stream, events),
	]);
	const [head] = heads as readonly { readonly position: number }[];
	if (!head) throw new EventBusError('storage', 'The table log_head of the event store is empty');
	const [last] = streams as readonly { readonly version: number }[];
	const rows = found.flat() as readonly (Omit<Place, 'isNew'> & { readonly event_id: string })[];
	const known = rows.map(({ event_id, ...place }) => [event_id, { ...place, isNew: false }] as const);
	return { head: head.position, version: last?.version ?? 0, known: new Map(known) };
}

function whereKnown(stream: string, events: readonly EventEnvelope[]): readonly Statement[] {
	const statements: Statement[] = [];
	for (let start = 0; start < events.length; start += IDS_AT_ONCE) {
		const ids = events.slice(start, start + IDS_AT_ONCE).map(({ event_id }) => event_id);
		statements.push({
			sql: `SELECT event_id, version, position FROM event WHERE stream = ? AND event_id IN (${places(ids.length)})`,
			values: [stream, ...ids],
		});
	}
	return statements;
}

function distinctNew(events: readonly EventEnvelope[], known: ReadonlyMap<string, Place>): readonly EventEnvelope[] {
	const seen = new Set(known.keys());
	return events.filter(({ event_id }) => !seen.has(event_id) && seen.add(event_id));
}

/** An id that occurs twice in one append is new once. */
function placesOf(
	events: readonly EventEnvelope[],
	known: ReadonlyMap<string, Place>,
	added: ReadonlyMap<string, Place>,
): readonly Place[] {
	const seen = new Set<string>();
	return events.map(({ event_id }) => {
		const place = known.get(event_id) ?? added.get(event_id);
		if (!place) throw new EventBusError('bug', `The event ${event_id} got no place`);
		const isFirst = !seen.has(event_id);
		seen.add(event_id);
		return isFirst ? place : { ...place, isNew: false };
	});
}

function checkExpected(stream: string, expect: ExpectedVersion, version: number): void {
	if (expect === 'any') return;
	const fits = expect === 'exists' ? version > 0 : version === (expect === 'no-stream' ? 0 : expect);
	if (fits) return;
	throw new EventBusError('version-conflict', `Stream ${stream} ${isAt(version)}, and ${wanted(expect)}`, {
		hint: 'Somebody appended meanwhile: read the stream again, decide again, and append with the version you have read',
		actualVersion: version,
	});
}

function isAt(version: number): string {
	return version === 0 ? 'does not exist' : `is at version ${version}`;
}

function wanted(expect: ExpectedVersion): string {
	if (expect === 'exists') return 'it was expected to exist';
	if (expect === 'no-stream' || expect === 0) return 'it was expected not to exist';
	return `version ${expect} was expected`;
}
