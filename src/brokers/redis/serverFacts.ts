/**
 * What the servers say of themselves: whether they keep what they are given, and how full they are.
 */
import type { CallOptions } from '../../broker/types';
import { EventBusError, messageOf } from '../../kernel/errors';
import type { Logger } from '../../kernel/logger';
import type { RedisLink, RedisNode } from './client';

/** How long an answer counts, milliseconds: a policy changes by hand. */
const FRESH_MS = 60_000;
/** Above this share of maxmemory there is pressure. */
const FULL_SHARE = 0.8;

export type Facts = ReadonlyMap<string, string>;

/** The answer of INFO. */
export async function infoOf(node: RedisNode, section: string, call: CallOptions): Promise<Facts> {
	const text = await node.call(['INFO', section], { ...call, doing: 'asking for the state of the server' });
	const lines = String(text).split('\r\n');
	return new Map(lines.map((line) => [line.replace(/:.*/, ''), line.replace(/^[^:]*:/, '')] as const));
}

export class ServerFacts {
	private checking: Promise<void> | null = null;
	private checkedAt = -Infinity;
	private hasWarned = false;

	constructor(
		private readonly link: RedisLink,
		private readonly logger: Logger,
	) {}

	/** @throws EventBusError `settings` when a server would throw unread events away */
	async keepsWhatItGets(call: CallOptions): Promise<void> {
		if (performance.now() - this.checkedAt < FRESH_MS) return;
		this.checking ??= this.check(call).finally(() => {
			this.checking = null;
		});
		await this.checking;
	}

	/** Whether a server comes near its memory limit. */
	async isUnderPressure(call: CallOptions): Promise<boolean> {
		const all = await this.memory(call);
		return all.some((facts) => {
			const [used, limit] = [Number(facts.get('used_memory')), Number(facts.get('maxmemory'))];
			return limit > 0 && used > limit * FULL_SHARE;
		});
	}

	private async check(call: CallOptions): Promise<void> {
		let policies: readonly string[];
		try {
			policies = (await this.memory(call)).map((facts) => facts.get('maxmemory_policy') ?? '');
		} catch (error) {
			if (!(error instanceof EventBusError) || error.code !== 'auth') throw error;
			this.warnOnce(`The eviction policy of Redis cannot be seen (grant INFO): ${messageOf(error)}`);
			policies = [];
		}
		const lossy = policies.find((policy) => policy.startsWith('allkeys-'));
		if (lossy !== undefined) {
			throw new EventBusError(
				'settings',
				`This Redis throws away keys of any kind when it is full (${lossy}), so events`,
				{
					hint: 'Set maxmemory-policy to noeviction, or use another Redis than the one for a cache',
				},
			);
		}
		const forgetful = policies.find((policy) => policy.startsWith('volatile-'));
		if (forgetful !== undefined) {
			this.warnOnce(`Redis forgets processed events when it is full (${forgetful}); they may then run twice`);
		}
		this.checkedAt = performance.now();
	}

	private async memory(call: CallOptions): Promise<readonly Facts[]> {
		const nodes = await this.link.masters(call.signal);
		return await Promise.all(nodes.map(async (node) => await infoOf(node, 'memory', call)));
	}

	private warnOnce(message: string): void {
		if (this.hasWarned) return;
		this.hasWarned = true;
		this.logger.warn(message);
	}
}

/** One line for a person: server, version, and what a restart would lose. */
export async function describeServer(
	link: RedisLink,
	call: CallOptions,
): Promise<{ readonly detail: string; readonly isDurable: boolean | null }> {
	const [node] = await link.masters(call.signal);
	if (!node) return { detail: 'Redis', isDurable: null };
	const where = `${node.address.host}:${node.address.port}`;
	await node.call(['PING'], { ...call, doing: 'checking the connection' });
	try {
		const server = await infoOf(node, 'server', call);
		const persistence = await infoOf(node, 'persistence', call);
		const aof = persistence.get('aof_enabled');
		const isDurable = aof === undefined ? null : aof === '1';
		const version = `Redis ${server.get('redis_version') ?? ''} (${server.get('redis_mode') ?? 'standalone'}) at ${where}`;
		return { detail: version, isDurable };
	} catch (error) {
		// Not every user may ask.
		if (error instanceof EventBusError && error.code === 'auth')
			return { detail: `Redis at ${where}`, isDurable: null };
		throw error;
	}
}
