/**
 * Which streams are in use, so that any instance can look after them.
 */
import type { CallOptions, Source, SubscribeOptions } from '../../../broker/types';
import type { RedisLink } from '../client';
import { channelKeys, CHANNELS, EXISTING, homeOf, streamOf } from './names';

/** Noted again after so long, milliseconds: somebody may have removed the stream, and with it the note. */
const FRESH_MS = 10_000;

export class Registry {
	/** When each was noted. */
	private readonly known = new Map<string, number>();

	constructor(private readonly link: RedisLink) {}

	/** After the stream exists: what does not is struck off. */
	async note(from: SubscribeOptions['from'], call: CallOptions): Promise<void> {
		const source: Source = from.kind === 'dead-letters' ? from.of : from;
		const stream = streamOf(source);
		const home = homeOf(from, this.link.isCluster);
		if (performance.now() - (this.known.get(home) ?? -Infinity) < FRESH_MS) return;
		const options = { ...call, doing: `noting the stream ${stream}` };
		const list = source.kind === 'channel' ? CHANNELS : EXISTING;
		await this.link.call(list, ['SADD', list, stream], options);
		if (from.kind === 'dead-letters') {
			const { listeners } = channelKeys(stream, this.link.isCluster);
			await this.link.call(listeners, ['SADD', listeners, home], options);
		}
		this.known.set(home, performance.now());
	}

	async strike(list: string, stream: string, call: CallOptions): Promise<void> {
		this.forget(stream);
		await this.link.call(list, ['SREM', list, stream], { ...call, doing: `striking off the stream ${stream}` });
	}

	forget(stream: string): void {
		const { home } = channelKeys(stream, this.link.isCluster);
		for (const known of this.known.keys()) if (known.startsWith(home)) this.known.delete(known);
	}

	async list(list: string, call: CallOptions): Promise<readonly string[]> {
		const names = await this.link.call(list, ['SMEMBERS', list], { ...call, doing: 'listing the streams in use' });
		return [...(names as readonly string[])].sort();
	}
}
