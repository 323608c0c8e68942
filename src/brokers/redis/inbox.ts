/**
 * The inbox on Redis: one hash an event, shared by every process, forgotten by its own expiry.
 *
 * Each key is decided by a script at once. The keys spread over a Cluster, and those of one call travel together.
 */
import { createHash } from 'node:crypto';
import type { CallOptions } from '../../broker/types';
import type { Inbox, InboxEntry } from '../../consumer/inbox';
import type { RedisLink } from './client';
import { NOW, script, type Script } from './script';

/** A row whose run was cut keeps its failure count this long after its lease, milliseconds: 7 days. */
const KEEP_UNFINISHED_MS = 7 * 24 * 60 * 60 * 1000;

/*
 * done: processed · owner, until: the lease · failures, first, error, after: of failed runs · keep: when the row is
 * forgotten, for the lease of a long run outlives it.
 */
const BEGIN = script(`${NOW}
local row = redis.call('HMGET', KEYS[1], 'done', 'owner', 'until', 'failures', 'first', 'error', 'after', 'keep')
if row[1] then return {'done'} end
if row[2] and tonumber(row[3]) > now then return {'busy', row[3]} end
if row[8] and tonumber(row[8]) <= now then
	redis.call('DEL', KEYS[1])
	row = {}
end
local keep = math.max(tonumber(row[8] or 0), now + tonumber(ARGV[2]) + ${KEEP_UNFINISHED_MS})
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + tonumber(ARGV[2]), 'keep', keep)
redis.call('PEXPIREAT', KEYS[1], keep)
return {'new', row[4] or '0', row[5] or '', row[6] or '', row[7] or ''}
`);

const IF_OWNED = `${NOW}
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
`;

const EXTEND = script(`${IF_OWNED}
local till = now + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'until', till)
if tonumber(redis.call('HGET', KEYS[1], 'keep')) < till then
	redis.call('PEXPIREAT', KEYS[1], till)
end
return 1
`);

const FINISH = script(`${IF_OWNED}
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'done', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

const FAIL = script(`${IF_OWNED}
local keep = math.max(now, tonumber(ARGV[4])) + tonumber(ARGV[5])
redis.call('HDEL', KEYS[1], 'owner', 'until')
redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('HSETNX', KEYS[1], 'first', ARGV[2])
redis.call('HSET', KEYS[1], 'error', ARGV[3], 'after', ARGV[4], 'keep', keep)
redis.call('PEXPIREAT', KEYS[1], keep)
return 1
`);

const RELEASE = script(`${IF_OWNED}
if redis.call('HEXISTS', KEYS[1], 'failures') == 0 then return redis.call('DEL', KEYS[1]) end
return redis.call('HDEL', KEYS[1], 'owner', 'until')
`);

export function inboxOn(link: RedisLink): Inbox {
	const run = async (command: Script, key: string, args: readonly (string | number)[], call: CallOptions) =>
		await link.run(command, [keyOf(key)], args.map(String), { ...call, doing: 'asking the inbox' });
	const runAll = async (
		command: Script,
		keys: readonly string[],
		args: readonly (string | number)[],
		call: CallOptions,
	) => await Promise.all(keys.map(async (key) => (await run(command, key, args, call)) === 1));

	return {
		scope: 'shared',
		begin: async (keys, owner, leaseMs, call) =>
			await Promise.all(keys.map(async (key) => readEntry(await run(BEGIN, key, [owner, leaseMs], call)))),
		extend: async (keys, owner, leaseMs, call) => {
			await runAll(EXTEND, keys, [owner, leaseMs], call);
		},
		finish: async (keys, owner, keepMs, call) => await runAll(FINISH, keys, [owner, Math.max(1, keepMs)], call),
		fail: async (failures, owner, keepMs, call) =>
			await Promise.all(
				failures.map(async ({ key, at, error, notBefore }) => {
					return (await run(FAIL, key, [owner, at, error, Math.round(notBefore), keepMs], call)) === 1;
				}),
			),
		release: async (keys, owner, call) => {
			await runAll(RELEASE, keys, [owner], call);
		},
	};
}

/** Of one length, whatever the event and the group are called: there is one for every event of some days. */
export function keyOf(key: string): string {
	return `event-bus:inbox:${createHash('sha256').update(key).digest('base64url').slice(0, 27)}`;
}

function readEntry(reply: unknown): InboxEntry {
	const [state, ...values] = reply as readonly string[];
	if (state === 'done') return { state };
	if (state === 'busy') return { state, until: Number(values[0]) };
	const [failures, first, error, after] = values;
	return {
		state: 'new',
		failures: Number(failures),
		firstFailureAt: numberOrNull(first),
		lastError: first === '' || error === undefined ? null : error,
		notBefore: numberOrNull(after),
	};
}

function numberOrNull(text: string | undefined): number | null {
	return text === undefined || text === '' ? null : Number(text);
}
