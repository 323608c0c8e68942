/**
 * Fetching for one member: never more than there is room for, and asleep on the server while there is nothing.
 */
import type { CallOptions } from '../../../broker/types';
import type { RedisLink, RedisNode, Reply } from '../client';
import { TAKE } from './deliveryScripts';
import type { Membership } from './membership';

/** What is fetched at once, bytes; one message may be larger. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Between two looks for what a dead member holds, milliseconds. */
const RECLAIM_MS = 1000;
const CALL_MS = 10_000;

export interface Taken {
	readonly stream: string;
	readonly id: string;
	readonly receives: number;
	readonly fields: readonly Buffer[];
}

export interface Fetched {
	/** standby: another member reads, in order. */
	readonly state: 'reading' | 'taking-over' | 'standby';
	/** When the next copy is due, milliseconds from now; null: there is none. */
	readonly nextInMs: number | null;
	readonly taken: readonly Taken[];
	/** Entries that somebody removed from a stream while a consumer that is gone held them. */
	readonly gone: number;
}

type RawEntry = readonly [Buffer, readonly Buffer[]];

export class Reader {
	private reclaimedAt = -Infinity;
	private takesOver = true;
	private positions: readonly string[] = [];

	private constructor(
		private readonly link: RedisLink,
		private readonly node: RedisNode,
		private readonly nodeId: number,
		private readonly member: Membership,
		private readonly options: { readonly group: string; readonly ordered: boolean },
	) {}

	static async open(
		link: RedisLink,
		member: Membership,
		options: { readonly group: string; readonly ordered: boolean; readonly signal: AbortSignal },
	): Promise<Reader> {
		const node = await link.dedicated(member.keys.ready, options.signal);
		const call = { signal: options.signal, timeoutMs: CALL_MS, doing: 'preparing to read' };
		// Without the right to ask, closing waits until the server looks up by itself.
		const id = await node.call(['CLIENT', 'ID'], call).catch(() => 0);
		return new Reader(link, node, Number(id), member, options);
	}

	get lost(): AbortSignal {
		return this.node.lost;
	}

	/** Something was given back, and may be taken at once. */
	lookForReleased(): void {
		this.reclaimedAt = -Infinity;
	}

	async fetch(room: number): Promise<Fetched> {
		const { ordered } = this.options;
		const now = performance.now();
		const looksForOthers = ordered ? this.takesOver : now - this.reclaimedAt >= RECLAIM_MS;
		if (looksForOthers && !ordered) this.reclaimedAt = now;
		await this.member.sources.refresh(this.call());
		const { state, nextInMs, taken, positions, gone } = await take(this.node, this.member, this.options, {
			room,
			looksForOthers,
			...this.call(),
		});
		this.takesOver = state === 'reading' ? false : this.takesOver;
		this.positions = positions;
		return { state, nextInMs, taken, gone };
	}

	/** Waits for something new. What comes is taken with it, except in order: there only `fetch` may take. */
	async wait(forMs: number): Promise<readonly Taken[]> {
		const { group, ordered } = this.options;
		const { ready } = this.member.keys;
		const streams = [ready, ...this.member.sources.current];
		const block = ['COUNT', '1', 'BLOCK', String(Math.max(1, Math.round(forMs)))];
		const call = { ...this.call(forMs), bytes: true };
		if (ordered) {
			const after = streams.map((_stream, index) => this.positions[index] ?? '$');
			await this.node.call(['XREAD', ...block, 'STREAMS', ...streams, ...after], call);
			return [];
		}
		const read = ['XREADGROUP', 'GROUP', group, this.member.name, ...block, 'STREAMS', ...streams];
		const reply = await this.node.call([...read, ...streams.map(() => '>')], call);
		return ((reply ?? []) as readonly (readonly [Buffer, readonly RawEntry[]])[]).flatMap(([stream, entries]) =>
			entries.map(([id, fields]) => ({ stream: stream.toString(), id: id.toString(), receives: 1, fields })),
		);
	}

	/** Ends a `wait` early. */
	async wake(): Promise<void> {
		if (this.nodeId === 0 || this.lost.aborted) return;
		const call = { ...this.call(), timeoutMs: 2000 };
		await this.link.call(this.member.keys.ready, ['CLIENT', 'UNBLOCK', String(this.nodeId)], call).catch(() => null);
	}

	close(): void {
		this.node.close();
	}

	private call(blockMs = 0): CallOptions & { readonly doing: string } {
		return { signal: this.lost, timeoutMs: CALL_MS + blockMs, doing: `reading as ${this.options.group}` };
	}
}

/** Copies that are due become ready, on any link. @returns when the next is due, milliseconds from now; null: none */
export async function pump(
	link: RedisLink,
	member: Membership,
	options: { readonly group: string; readonly ordered: boolean },
	call: CallOptions,
): Promise<number | null> {
	return (await take(link, member, options, { room: 0, looksForOthers: false, ...call })).nextInMs;
}

async function take(
	on: RedisLink | RedisNode,
	member: Membership,
	{ group, ordered }: { readonly group: string; readonly ordered: boolean },
	{
		room,
		looksForOthers,
		signal,
		timeoutMs,
	}: CallOptions & { readonly room: number; readonly looksForOthers: boolean },
): Promise<Fetched & { readonly positions: readonly string[] }> {
	const { ready, retry, active } = member.keys;
	const streams = [ready, ...member.sources.current];
	const reply = await on.run(
		TAKE,
		[ready, retry, active, ...member.sources.current],
		[
			group,
			member.name,
			String(room),
			String(MAX_BYTES),
			String(member.groupLeaseMs),
			looksForOthers ? '1' : '0',
			ordered ? '1' : '0',
			String(member.activeMs),
		],
		{ signal, timeoutMs, bytes: true, doing: `reading as ${group}` },
	);
	const [state, nextInMs, entries, positions, gone] = reply as readonly [
		Buffer,
		number,
		readonly (readonly [number, Buffer, number, readonly Buffer[]])[],
		readonly Reply[],
		number,
	];
	return {
		state: state.toString() as Fetched['state'],
		nextInMs: nextInMs < 0 ? null : nextInMs,
		taken: entries.map(([stream, id, receives, fields]) => {
			return { stream: streams[stream - 1] ?? ready, id: id.toString(), receives, fields };
		}),
		positions: positions.map(String),
		gone,
	};
}
