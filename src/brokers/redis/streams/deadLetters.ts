/**
 * Dead letters: a stream a group, listed in the order in which they came and removed by id.
 */
import type { CallOptions, DeadLetterPage, DeadLetterPort } from '../../../broker/types';
import { EventBusError } from '../../../kernel/errors';
import type { RedisLink } from '../client';
import { fromFields } from './entry';
import { channelKeys, deadLettersKey, streamOf } from './names';
import { deadLetterGroups } from './sources';

interface Found {
	readonly id: string;
	readonly group: string;
	readonly fields: readonly Buffer[];
}

type Of = Parameters<DeadLetterPort['list']>[0];

export function deadLettersOn(link: RedisLink): DeadLetterPort {
	return {
		list: async (of, query, options) => await list(link, of, query, options),
		remove: async (of, ids, options) => {
			const known = ids.filter((id) => ID.test(id));
			if (known.length === 0) return 0;
			const removed = await Promise.all(
				(await groupsOf(link, of, options)).map(async (group) => {
					const key = keyOf(link, of, group);
					return Number(await link.call(key, ['XDEL', key, ...known], { ...options, doing: 'removing dead letters' }));
				}),
			);
			return removed.reduce((sum, count) => sum + count, 0);
		},
	};
}

const ID = /^\d+-\d+$/;

/** Ids of two groups may be equal: the position is an id and a group. */
async function list(
	link: RedisLink,
	of: Of,
	{ after, limit }: Parameters<DeadLetterPort['list']>[1],
	options: CallOptions,
): Promise<DeadLetterPage> {
	const [afterId = '', afterGroup = ''] = after?.split(/ (.*)/s) ?? [];
	if (after !== null && !ID.test(afterId)) {
		throw new EventBusError('settings', 'This is no position among dead letters', { hint: 'Begin without one' });
	}
	const pages = await Promise.all(
		(await groupsOf(link, of, options)).map(async (group) => {
			const key = keyOf(link, of, group);
			const from = after === null ? '-' : group > afterGroup ? afterId : `(${afterId}`;
			const call = { ...options, bytes: true, doing: 'listing dead letters' };
			const entries = await link.call(key, ['XRANGE', key, from, '+', 'COUNT', String(limit)], call);
			return (entries as readonly (readonly [Buffer, readonly Buffer[]])[]).map(([id, fields]): Found => {
				return { id: id.toString(), group, fields };
			});
		}),
	);
	const found = pages.flat().sort(byAge);
	const shown = found.slice(0, limit);
	const last = shown.at(-1);
	const isMore = shown.length >= limit && last !== undefined;
	return {
		items: shown.map(({ id, fields }) => ({ id, message: fromFields(id, fields).message })),
		next: isMore ? `${last.id} ${last.group}` : null,
		complete: true,
	};
}

async function groupsOf(link: RedisLink, of: Of, options: CallOptions): Promise<readonly string[]> {
	if (of.group !== null) return [of.group];
	return await deadLetterGroups(link, channelKeys(streamOf(of), link.isCluster), options);
}

function keyOf(link: RedisLink, of: Of, group: string): string {
	return deadLettersKey(channelKeys(streamOf(of), link.isCluster), group);
}

function byAge(a: Found, b: Found): number {
	const [aTime = '', aSequence = ''] = a.id.split('-');
	const [bTime = '', bSequence = ''] = b.id.split('-');
	return byNumber(aTime, bTime) || byNumber(aSequence, bSequence) || (a.group < b.group ? -1 : 1);
}

/** Of decimal numbers that may be larger than ours are exact. */
function byNumber(a: string, b: string): number {
	return a.length - b.length || (a === b ? 0 : a < b ? -1 : 1);
}
