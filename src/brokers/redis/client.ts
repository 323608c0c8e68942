/**
 * The way to Redis, however it runs: one server, the master that Sentinel names, or the nodes of a Cluster.
 *
 * One lost link ends all of it. Whoever opens it again learns the new master, or the new map of the Cluster, on the way.
 */
import type { ConnectionHost } from '../../broker/types';
import { EventBusError, isEventBusError } from '../../kernel/errors';
import { redisError } from './errors';
import { RedisNode, type NodeOptions, type RedisCall, type Reply } from './redisNode';
import type { Script } from './script';
import type { RedisAddress, RedisSettings } from './settings';
import { slotOf } from './slot';

export type { Listener, RedisCall, RedisNode, Reply } from './redisNode';

type Args = readonly (string | Buffer)[];

export interface RedisLink {
	readonly isCluster: boolean;
	/** Aborts, with an EventBusError as reason, once the link is of no further use. */
	readonly lost: AbortSignal;
	/** @param key decides where the command goes; null: anywhere */
	call(key: string | null, args: Args, options: RedisCall): Promise<Reply>;
	/** Keys belong to one slot. */
	run(script: Script, keys: readonly string[], args: Args, options: RedisCall): Promise<Reply>;
	/** A link of its own to the server that has the key, for what blocks. Its loss is the caller's business. */
	dedicated(key: string | null, signal: AbortSignal): Promise<RedisNode>;
	/** Every server that holds data of its own and can be reached. */
	masters(signal: AbortSignal): Promise<readonly RedisNode[]>;
	close(): void;
}

/** @throws EventBusError `settings` | `auth` | `unreachable` | `timeout` */
export async function openLink(settings: RedisSettings, host: ConnectionHost): Promise<RedisLink> {
	const { user, password, database, tls } = settings;
	const base = { user, password, database, tls, clientName: host.clientName };
	switch (settings.mode) {
		case 'standalone':
			return await SingleLink.open({ ...base, address: settings.address }, host.signal);
		case 'sentinel': {
			const address = await masterAddress(settings, base, host.signal);
			return await SingleLink.open({ ...base, address }, host.signal);
		}
		case 'cluster':
			return await ClusterLink.open(settings.nodes, base, host.signal);
	}
}

class SingleLink implements RedisLink {
	readonly isCluster = false;

	private constructor(
		private readonly options: NodeOptions,
		private readonly node: RedisNode,
	) {}

	static async open(options: NodeOptions, signal: AbortSignal): Promise<SingleLink> {
		return new SingleLink(options, await RedisNode.open(options, signal));
	}

	get lost(): AbortSignal {
		return this.node.lost;
	}

	async call(_key: string | null, args: Args, options: RedisCall): Promise<Reply> {
		return await this.node.call(args, options);
	}

	async run(script: Script, keys: readonly string[], args: Args, options: RedisCall): Promise<Reply> {
		return await this.node.run(script, keys, args, options);
	}

	async dedicated(_key: string | null, signal: AbortSignal): Promise<RedisNode> {
		return await RedisNode.open(this.options, signal);
	}

	async masters(): Promise<readonly RedisNode[]> {
		return [this.node];
	}

	close(): void {
		this.node.close();
	}
}

type Base = Omit<NodeOptions, 'address'>;

interface Range {
	readonly from: number;
	readonly to: number;
	readonly address: RedisAddress;
}

/** A slot that moves while we look may be moved on a few times. */
const MAX_REDIRECTIONS = 5;

class ClusterLink implements RedisLink {
	readonly isCluster = true;
	private readonly ended = new AbortController();
	private readonly nodes = new Map<string, Promise<RedisNode>>();
	private ranges: readonly Range[] = [];
	/** A node of the map did not answer: another one may be in its place by now. */
	private isMapOld = false;

	private constructor(
		private readonly seeds: readonly RedisAddress[],
		private readonly base: Base,
	) {}

	static async open(seeds: readonly RedisAddress[], base: Base, signal: AbortSignal): Promise<ClusterLink> {
		const link = new ClusterLink(shuffled(seeds), base);
		try {
			await link.learnFromAny(signal);
			return link;
		} catch (error) {
			link.close();
			throw error;
		}
	}

	get lost(): AbortSignal {
		return this.ended.signal;
	}

	async call(key: string | null, args: Args, options: RedisCall): Promise<Reply> {
		return await this.routed(key, options, async (node, asking) =>
			asking ? await node.pair(['ASKING'], args, options) : await node.call(args, options),
		);
	}

	async run(script: Script, keys: readonly string[], args: Args, options: RedisCall): Promise<Reply> {
		return await this.routed(keys[0] ?? null, options, async (node, asking) => {
			const whole = ['EVAL', script.source, String(keys.length), ...keys, ...args];
			return asking ? await node.pair(['ASKING'], whole, options) : await node.run(script, keys, args, options);
		});
	}

	async dedicated(key: string | null, signal: AbortSignal): Promise<RedisNode> {
		return await RedisNode.open({ ...this.base, address: this.addressOf(key) }, signal);
	}

	async masters(signal: AbortSignal): Promise<readonly RedisNode[]> {
		const addresses = new Map(this.ranges.map(({ address }) => [nameOf(address), address] as const));
		const opening = [...addresses.values()].map(async (address) => await this.nodeAt(address, signal));
		const found = (await Promise.allSettled(opening)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
		return found.length === 0 ? await Promise.all(opening) : found;
	}

	close(): void {
		this.fail(new EventBusError('closed', 'The link to Redis was closed'));
	}

	private async routed(
		key: string | null,
		{ signal }: RedisCall,
		send: (node: RedisNode, asking: boolean) => Promise<Reply>,
	): Promise<Reply> {
		if (this.isMapOld) await this.learnFromAny(signal);
		let address = this.addressOf(key);
		let asking = false;
		for (let redirections = 0; ; redirections += 1) {
			const node = await this.nodeAt(address, signal);
			try {
				return await send(node, asking);
			} catch (error) {
				const moved = redirectionOf(error, address);
				if (!moved || redirections >= MAX_REDIRECTIONS) throw error;
				({ address, asking } = moved);
				if (!asking) await this.learn(await this.nodeAt(address, signal), signal);
			}
		}
	}

	private async nodeAt(address: RedisAddress, signal: AbortSignal): Promise<RedisNode> {
		const name = nameOf(address);
		const known = this.nodes.get(name);
		if (known) return await known;
		const opening = RedisNode.open({ ...this.base, address }, signal);
		this.nodes.set(name, opening);
		try {
			const node = await opening;
			if (this.lost.aborted) node.close();
			this.lost.addEventListener('abort', () => node.close(), { once: true });
			node.lost.addEventListener('abort', () => this.fail(node.lost.reason as EventBusError), { once: true });
			return node;
		} catch (error) {
			// A node that cannot be reached concerns its own keys only.
			if (this.nodes.get(name) === opening) this.nodes.delete(name);
			this.isMapOld = true;
			throw error;
		}
	}

	/** @throws EventBusError when no node tells */
	private async learnFromAny(signal: AbortSignal): Promise<void> {
		const known = this.ranges.map(({ address }) => address);
		const addresses = new Map([...this.seeds, ...known].map((address) => [nameOf(address), address] as const));
		// First those that have answered before: to wait for one that is gone takes time.
		const isNew = (name: string) => (this.nodes.has(name) ? 0 : 1);
		const inOrder = [...addresses].sort(([a], [b]) => isNew(a) - isNew(b));
		let last: unknown = null;
		for (const [, address] of inOrder) {
			try {
				await this.learn(await this.nodeAt(address, signal), signal);
				return;
			} catch (error) {
				last = error;
				if (isEventBusError(error) && error.code === 'auth') break;
			}
		}
		throw redisError(last, 'asking for the map of the Cluster');
	}

	private async learn(node: RedisNode, signal: AbortSignal): Promise<void> {
		const call = { signal, timeoutMs: 10_000, doing: 'asking for the map of the Cluster' };
		const reply = (await node.call(['CLUSTER', 'SLOTS'], call)) as readonly (readonly [
			number,
			number,
			readonly [string, number],
		])[];
		if (reply.length === 0) {
			throw new EventBusError('unreachable', 'The Redis Cluster serves no slots yet', {
				hint: 'Create it with redis-cli --cluster create',
			});
		}
		this.ranges = reply.map(([from, to, [host, port]]) => {
			// An empty host means: where you asked.
			return { from, to, address: { host: host === '' ? node.address.host : host, port } };
		});
		this.isMapOld = false;
	}

	private addressOf(key: string | null): RedisAddress {
		const slot = key === null ? null : slotOf(key);
		const range = slot === null ? this.ranges[0] : this.ranges.find(({ from, to }) => from <= slot && slot <= to);
		if (range) return range.address;
		throw new EventBusError('unreachable', `No node of the Redis Cluster serves slot ${String(slot)}`);
	}

	private fail(error: EventBusError): void {
		if (!this.lost.aborted) this.ended.abort(error);
	}
}

/** `MOVED 3999 host:port`, `ASK 3999 host:port`: an error of ours with the reply as its cause. */
function redirectionOf(error: unknown, from: RedisAddress): { address: RedisAddress; asking: boolean } | null {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	const [, word, host = '', port] =
		/^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(cause instanceof Error ? cause.message : '') ?? [];
	if (word === undefined) return null;
	return { address: { host: host === '' ? from.host : host, port: Number(port) }, asking: word === 'ASK' };
}

/** Asks one sentinel after the other. @throws EventBusError */
async function masterAddress(
	settings: Extract<RedisSettings, { mode: 'sentinel' }>,
	base: Base,
	signal: AbortSignal,
): Promise<RedisAddress> {
	const { master, sentinels, sentinelUser: user, sentinelPassword: password } = settings;
	let last: unknown = null;
	for (const address of sentinels) {
		try {
			const sentinel = await RedisNode.open({ ...base, user, password, database: 0, address }, signal);
			try {
				const call = { signal, timeoutMs: 5000, doing: `asking Sentinel ${nameOf(address)} for the master` };
				const reply = await sentinel.call(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master], call);
				const [host, port] = Array.isArray(reply) ? (reply as string[]) : [];
				if (host !== undefined) return { host, port: Number(port) };
				last = new EventBusError('settings', `Sentinel ${nameOf(address)} knows no master "${master}"`, {
					hint: 'Check Master Name in the credential',
				});
			} finally {
				sentinel.close();
			}
		} catch (error) {
			last = error;
		}
	}
	throw redisError(last, 'asking Sentinel for the master');
}

function nameOf({ host, port }: RedisAddress): string {
	return `${host}:${port}`;
}

function shuffled<T>(items: readonly T[]): readonly T[] {
	const start = Math.floor(Math.random() * items.length);
	return [...items.slice(start), ...items.slice(0, start)];
}
