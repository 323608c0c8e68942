/**
 * The event store as the nodes and programs use it: names and sizes are checked here, pages are put together, and the
 * engine does the rest.
 */
import type { CallOptions } from '../broker/types';
import type { EventEnvelope, Json } from '../event/envelope';
import { DEFAULT_LIMITS } from '../event/limits';
import { plainJson } from '../event/plainJson';
import { checkTypePatterns } from '../event/typePattern';
import { EventBusError } from '../kernel/errors';
import type { Patch } from './documents/patch';
import type { DocumentQuery } from './documents/query';
import type { StoreEngine } from './engine';
import { parsePath } from './fold/path';
import type { FoldRules } from './fold/rules';
import { type AsOf, type EntityState, stateOf } from './fold/state';
import { categoryOf, checkDocumentId, checkModelName, checkStreamName, SAGA_CATEGORY } from './names';
import type { AppendArgs } from './sql/append';
import type { ChangeArgs } from './sql/documents';
import type {
	AppendResult,
	ChangeResult,
	ExpectedVersion,
	LogFilter,
	StoredDocument,
	StoredEvent,
	StreamInfo,
} from './types';

/** Events in one answer of the engine. */
const PAGE = 500;

export interface AppendOptions extends CallOptions {
	/** Default 'any'. */
	readonly expect?: ExpectedVersion;
	/** Also hands the events to a bus, in the same commit. */
	readonly publish?: AppendArgs['publish'];
}

export interface ReadOptions extends CallOptions {
	/** First version, 1-based; backwards the last. Default: from the end the reading begins at. */
	readonly from?: number;
	readonly backwards?: boolean;
	/** Default: all. */
	readonly limit?: number;
}

export interface ReadLogOptions extends CallOptions {
	/** A position. Default 0: from the begin. */
	readonly after?: number;
	readonly filter?: LogFilter;
	/** Default: all. */
	readonly limit?: number;
}

export class EventStore {
	constructor(readonly engine: StoreEngine) {}

	/**
	 * All or none. An event whose id is in the stream already is skipped, so a repeated append is a no-op.
	 * @throws EventBusError `version-conflict` | `too-large` | `settings`, or as the engine
	 */
	async append(
		stream: string,
		events: readonly EventEnvelope[],
		{ expect = 'any', publish = null, ...call }: AppendOptions,
	): Promise<AppendResult> {
		checkOwnStream(stream);
		checkExpected(expect);
		events.forEach(checkSize);
		return await this.engine.write('append', { stream, events, expect, publish }, call);
	}

	/** In the order of the stream, or backwards. A stream that does not exist has no events. */
	async *read(stream: string, options: ReadOptions): AsyncGenerator<StoredEvent> {
		const { backwards = false, limit = Infinity, ...call } = options;
		checkStreamName(stream);
		let from = options.from ?? (backwards ? Number.MAX_SAFE_INTEGER : 1);
		for (let left = limit; left > 0;) {
			const args = { stream, from, limit: Math.min(PAGE, left), backwards };
			const page = await this.engine.read('readStream', args, call);
			yield* page;
			const last = page.at(-1);
			if (!last) return;
			from = backwards ? last.version - 1 : last.version + 1;
			left -= page.length;
		}
	}

	/** Of all streams, in the order in which they were stored; up to the end as it was when it is reached. */
	async *readLog({ after = 0, filter = {}, limit = Infinity, ...call }: ReadLogOptions): AsyncGenerator<StoredEvent> {
		const checked = checkFilter(filter);
		let left = limit;
		for (let position = after; left > 0;) {
			const page = await this.engine.read('readLog', { after: position, limit: PAGE, filter: checked }, call);
			const wanted = page.events.slice(0, left);
			yield* wanted;
			left -= wanted.length;
			position = page.scannedTo;
			if (page.isEnd) return;
		}
	}

	/** By name. */
	async streams(
		{ prefix = '', after = '', limit }: { readonly prefix?: string; readonly after?: string; readonly limit: number },
		call: CallOptions,
	): Promise<readonly StreamInfo[]> {
		return await this.engine.read('listStreams', { prefix, after, limit }, call);
	}

	/** @throws EventBusError `settings` for rules that do not fit the events, or as the engine */
	async state(stream: string, rules: FoldRules, asOf: AsOf, call: CallOptions): Promise<EntityState> {
		return await stateOf(this.engine, checkStreamName(stream), rules, asOf, call);
	}

	/** @throws EventBusError `version-conflict` | `too-large` | `settings` */
	async put(place: ChangeArgs, data: Json, call: CallOptions): Promise<ChangeResult> {
		const plain = plainJson(data, 'document');
		if (typeof plain !== 'object' || plain === null) throw noDocument();
		return await this.engine.write('putDocument', { ...checkPlace(place), data: plain }, call);
	}

	/** @throws EventBusError `version-conflict` | `too-large` | `settings` */
	async patch(place: ChangeArgs, { merge, increment }: Patch, call: CallOptions): Promise<ChangeResult> {
		const patch = { merge: plainJson(merge, 'patch') as Patch['merge'], increment: checkIncrement(increment) };
		return await this.engine.write('patchDocument', { ...checkPlace(place), patch }, call);
	}

	/** @throws EventBusError `version-conflict` */
	async delete(place: ChangeArgs, call: CallOptions): Promise<ChangeResult> {
		return await this.engine.write('deleteDocument', checkPlace(place), call);
	}

	/** null: there is none. */
	async get(model: string, id: string, call: CallOptions): Promise<StoredDocument | null> {
		return await this.engine.read('getDocument', { model: checkModelName(model), id: checkDocumentId(id) }, call);
	}

	/** @throws EventBusError `settings` */
	async find(query: DocumentQuery, call: CallOptions): Promise<readonly StoredDocument[]> {
		return await this.engine.read('findDocuments', { ...query, model: checkModelName(query.model) }, call);
	}

	/** All documents of a read model. Returns how many there were. */
	async clear(model: string, call: CallOptions): Promise<number> {
		return await this.engine.write('clearModel', { model: checkModelName(model) }, call);
	}
}

/** The facts of sagas are the Saga node's: one that is none would make a saga unreadable. */
function checkOwnStream(stream: string): void {
	if (categoryOf(checkStreamName(stream)) !== SAGA_CATEGORY) return;
	throw new EventBusError('settings', `Streams of the category ${SAGA_CATEGORY} are kept by the Saga node`, {
		hint: 'Give the stream another name, such as order-saga-123',
	});
}

/** @throws EventBusError `settings` */
export function checkFilter(filter: LogFilter): LogFilter {
	if (filter.stream !== undefined) checkStreamName(filter.stream);
	return filter.types === undefined ? filter : { ...filter, types: checkTypePatterns(filter.types) };
}

function checkPlace<P extends ChangeArgs>(place: P): P {
	checkModelName(place.model);
	checkDocumentId(place.id);
	return place;
}

/** @throws EventBusError `settings` */
function checkIncrement(increment: Patch['increment']): Patch['increment'] {
	for (const [path, amount] of Object.entries(increment)) {
		parsePath(path, 'Increment');
		if (Number.isFinite(amount)) continue;
		throw new EventBusError('settings', `Increment: what is added to ${path} is no number`, {
			hint: 'Give a number, such as { "orders": 1 }',
		});
	}
	return increment;
}

function checkExpected(expect: ExpectedVersion): void {
	if (typeof expect !== 'number' || (Number.isSafeInteger(expect) && expect >= 0)) return;
	throw new EventBusError('settings', `The expected version is ${expect}`, {
		hint: 'Use the version of the last event you have read, a whole number; 0 for a stream that does not exist yet',
	});
}

function checkSize(event: EventEnvelope): void {
	const bytes = Buffer.byteLength(JSON.stringify(event));
	if (bytes <= DEFAULT_LIMITS.maxBytes) return;
	throw new EventBusError(
		'too-large',
		`The event ${event.event_type} has ${bytes} bytes, and the event store takes ${DEFAULT_LIMITS.maxBytes}`,
		{ hint: 'Store the large part elsewhere (a file, a database) and a reference to it in the event' },
	);
}

function noDocument(): EventBusError {
	return new EventBusError('settings', 'The document is neither an object nor a list', {
		hint: 'Give an object, such as { "status": "paid" }',
	});
}
