/**
 * What happens to groups, each at once on the server: joining, showing that one lives, sweeping, trimming.
 */
import { NOW, script } from '../script';
import { RELEASED } from './deliveryScripts';

const FACTS = `
local function groupsOf(key)
	local found = {}
	if redis.call('EXISTS', key) == 0 then return found end
	for _, info in ipairs(redis.call('XINFO', 'GROUPS', key)) do
		local facts = {}
		for i = 1, #info, 2 do facts[info[i]] = info[i + 1] end
		found[facts['name']] = facts
	end
	return found
end
local function millisecondsOf(id)
	return tonumber(string.match(id, '^%d+'))
end
`;

/**
 * Makes the group exist with a position, and us a member of it.
 *
 * KEYS record, members, groups, ready, retry, channel, streams … · ARGV group, member, types (JSON), lifetime, ordered,
 * retention, lease, how long a member lives without a word, whether missing streams are made, whether a missing group is
 * made, 'committed' or 'fixed', start id
 * @returns 'ok', generation, 'kept' | 'new' | 'lost' | 'reset' — or what is in the way
 */
export const JOIN = script(`${NOW}${FACTS}
local record, members, groups, ready, retry, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local group, me, types, lifetime, ordered = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local fixed, start = ARGV[11] == 'fixed', ARGV[12]

local missing, known = {}, 0
for i = 7, #KEYS do
	local kind = redis.call('TYPE', KEYS[i]).ok
	if kind ~= 'stream' and kind ~= 'none' then return {'no-stream', kind} end
	if kind == 'none' and ARGV[9] ~= '1' then return {'missing', KEYS[i]} end
	if groupsOf(KEYS[i])[group] then known = known + 1 else missing[#missing + 1] = KEYS[i] end
end
local found = redis.call('HMGET', record, 'types', 'ordered', 'generation', 'lease')
local generation = tonumber(found[3])
local live = redis.call('ZRANGEBYSCORE', members, '(' .. now, '+inf', 'LIMIT', 0, 1)[1]
if generation and live then
	if found[1] ~= types then return {'other-types', found[1], live} end
	if found[2] ~= ordered then return {'other-order', found[2], live} end
end
if not generation and known == 0 and ARGV[10] ~= '1' then return {'no-group'} end

-- A group that was there before us has readers that are not ours: it is never removed, and nothing in it expires.
local adopts = not generation and known > 0
local position = (generation or known > 0) and 'kept' or 'new'
if fixed and position == 'kept' and not (generation and live) then
	position = 'reset'
	generation = math.max((generation or 0) + 1, now)
	for i = 7, #KEYS do
		if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('XGROUP', 'DESTROY', KEYS[i], group) end
		redis.call('XGROUP', 'CREATE', KEYS[i], group, start, 'MKSTREAM')
	end
	-- Copies of events that come again anyway go; redrives are the group's own and stay.
	local function isCopy(fields, first)
		for i = first, #fields, 2 do if fields[i] == 'eb-origin' then return true end end
		return false
	end
	for _, member in ipairs(redis.call('ZRANGE', retry, 0, -1)) do
		if isCopy(cmsgpack.unpack(member), 2) then redis.call('ZREM', retry, member) end
	end
	for _, entry in ipairs(redis.call('XRANGE', ready, '-', '+')) do
		if isCopy(entry[2], 1) then
			redis.call('XACK', ready, group, entry[1])
			redis.call('XDEL', ready, entry[1])
		end
	end
else
	-- A group that lost its position has not read what is there: better twice than never.
	local from = start
	if generation and #missing > 0 and #KEYS > 6 and known == 0 then position, from = 'lost', '0' end
	for _, key in ipairs(missing) do redis.call('XGROUP', 'CREATE', key, group, from, 'MKSTREAM') end
end
if not groupsOf(ready)[group] then redis.call('XGROUP', 'CREATE', ready, group, '0', 'MKSTREAM') end

-- Grows with time, so that a group that was removed and made again has a new one.
generation = generation or now
local lease = tonumber(ARGV[7])
if live and found[4] then lease = math.max(lease, tonumber(found[4])) end
redis.call('HSETNX', record, 'created', now)
redis.call('HSET', record, 'types', types, 'lifetime', lifetime, 'ordered', ordered, 'retention', ARGV[6], 'lease', lease, 'generation', string.format('%d', generation), 'lastRead', now)
if adopts then redis.call('HSET', record, 'adopted', 1) end
redis.call('HSET', channel, 'retention', ARGV[6])
redis.call('HSET', groups, group, types)
redis.call('ZADD', members, now + tonumber(ARGV[8]), me)
return {'ok', string.format('%d', generation), position}
`);

/**
 * KEYS record, members, active · ARGV member, how long it lives without a word, generation, ordered, how long the right to
 * read lasts
 * @returns the lease of the group in milliseconds; -1: the group is gone or was set back, and we with it
 */
export const BEAT = script(`${NOW}
local found = redis.call('HMGET', KEYS[1], 'generation', 'lease')
if found[1] ~= ARGV[3] then return -1 end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[1], 'lastRead', now)
if ARGV[4] == '1' and redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('PEXPIRE', KEYS[3], ARGV[5]) end
return tonumber(found[2])
`);

/**
 * Removes what nobody reads any more, and counts what waited longer than the retention.
 *
 * KEYS record, members, active, ready, retry, groups, streams … · ARGV group, whether unread entries expire
 * @returns 'kept' | 'ends' (nobody read it for half its retention) | 'removed', unread, milliseconds until it is removed,
 * expired now
 */
export const SWEEP = script(`${NOW}${FACTS}
local record, members, active, ready, retry, groups = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local group = ARGV[1]
local found = redis.call('HMGET', record, 'lifetime', 'retention', 'lastRead', 'adopted')
local adopted = found[4]
if not found[1] then
	redis.call('HDEL', groups, group)
	return {'kept', 0, 0, 0}
end
local retention, lastRead = tonumber(found[2]), tonumber(found[3])
local live = redis.call('ZCOUNT', members, '(' .. now, '+inf')

local function unread()
	local count = redis.call('ZCARD', retry)
	for i = 4, #KEYS do
		local facts = i ~= 5 and i ~= 6 and groupsOf(KEYS[i])[group]
		if facts then count = count + facts['pending'] + (tonumber(facts['lag']) or 0) end
	end
	return count
end
local function remove()
	local count = unread()
	if not adopted then
		for i = 7, #KEYS do redis.pcall('XGROUP', 'DESTROY', KEYS[i], group) end
	end
	redis.call('DEL', record, members, active, ready, retry)
	redis.call('HDEL', groups, group)
	return count
end
if live == 0 and found[1] == 'ephemeral' then
	remove()
	return {'kept', 0, 0, 0}
end
if live == 0 and now - lastRead > retention then return {'removed', remove(), 0, 0} end

-- Consumers that nobody is any more, once nothing of theirs is left.
local function forget(consumer)
	local isGone = true
	for i = 4, #KEYS do
		if i ~= 5 and i ~= 6 and groupsOf(KEYS[i])[group] then
			if #redis.call('XPENDING', KEYS[i], group, '-', '+', 1, consumer) == 0 then
				redis.call('XGROUP', 'DELCONSUMER', KEYS[i], group, consumer)
			else
				isGone = false
			end
		end
	end
	return isGone
end
forget('${RELEASED}')
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', members, '-inf', now, 'LIMIT', 0, 100)) do
	if forget(dead) then redis.call('ZREM', members, dead) end
end

local expired = 0
if ARGV[2] == '1' and not adopted then
	local before = now - retention
	for i = 7, #KEYS do
		local facts = groupsOf(KEYS[i])[group]
		if facts and millisecondsOf(facts['last-delivered-id']) < before then
			local last = facts['last-delivered-id']
			for _ = 1, 20 do
				local late = redis.call('XRANGE', KEYS[i], '(' .. last, string.format('%d', before - 1), 'COUNT', 100)
				if #late == 0 then break end
				expired = expired + #late
				last = late[#late][1]
			end
			if last ~= facts['last-delivered-id'] then redis.call('XGROUP', 'SETID', KEYS[i], group, last) end
		end
	end
	if expired > 0 then redis.call('HINCRBY', record, 'expired', expired) end
end
if live == 0 and 2 * (now - lastRead) > retention then
	return {'ends', unread(), lastRead + retention - now, expired}
end
return {'kept', 0, 0, expired}
`);

/**
 * Removes what every group, ours or not, has settled for long enough; and where there is no group, what is older than the
 * retention.
 *
 * KEYS stream, groups, channel · ARGV home, default retention, how long settled entries stay
 * @returns how many went; -1: there is no stream
 */
export const TRIM = script(`${NOW}${FACTS}
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local retention = 0
for _, group in ipairs(redis.call('HKEYS', KEYS[2])) do
	retention = math.max(retention, tonumber(redis.call('HGET', ARGV[1] .. group .. '/group', 'retention') or 0))
end
if retention == 0 then retention = tonumber(redis.call('HGET', KEYS[3], 'retention') or ARGV[2]) end
-- To the millisecond: whatever has the same one as the first that is needed stays as well.
local floor, groups = math.huge, 0
for name, facts in pairs(groupsOf(KEYS[1])) do
	groups = groups + 1
	floor = math.min(floor, millisecondsOf(facts['last-delivered-id']))
	if facts['pending'] > 0 then
		floor = math.min(floor, millisecondsOf(redis.call('XPENDING', KEYS[1], name)[2]))
	end
end
local keep = groups == 0 and retention or math.min(retention, tonumber(ARGV[3]))
local target = math.min(now - keep, floor)
if target <= 0 then return 0 end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%d', target))
`);

/**
 * KEYS stream, groups, dead-letter groups · ARGV home
 * @returns null where there is no stream, else its length, its first id, and of each group: name, types, lifetime, live
 * members, backlog or -1, in flight, age of its oldest or -1, expired, last read, retention, dead letters, is it ours
 */
export const INSPECT = script(`${NOW}${FACTS}
if redis.call('TYPE', KEYS[1]).ok ~= 'stream' then return false end
local home = ARGV[1]
local onStream = groupsOf(KEYS[1])
local function unread(key, facts)
	if not facts then return 0 end
	if tonumber(facts['lag']) then return tonumber(facts['lag']) end
	local count, last = 0, facts['last-delivered-id']
	for _ = 1, 100 do
		local more = redis.call('XRANGE', key, '(' .. last, '+', 'COUNT', 100)
		count = count + #more
		if #more < 100 then return count end
		last = more[#more][1]
	end
	return -1
end
local function pendingOf(key, group)
	local summary = redis.call('XPENDING', key, group)
	local free = 0
	for _, consumer in ipairs(summary[4] or {}) do
		if consumer[1] == '${RELEASED}' then free = tonumber(consumer[2]) end
	end
	return summary[1], free, summary[2]
end
local names, states = redis.call('HKEYS', KEYS[2]), {}
for name in pairs(onStream) do
	if redis.call('HEXISTS', KEYS[2], name) == 0 then names[#names + 1] = name end
end
for _, name in ipairs(names) do
	local prefix = home .. name
	local record = redis.call('HMGET', prefix .. '/group', 'types', 'lifetime', 'expired', 'lastRead', 'retention')
	local live = redis.call('ZCOUNT', prefix .. '/members', '(' .. now, '+inf')
	local facts = onStream[name]
	local isOurs = record[1] and 1 or 0
	if facts and not (record[2] == 'ephemeral' and live == 0) then
		local pending, free, oldest = pendingOf(KEYS[1], name)
		local first = redis.call('XRANGE', KEYS[1], '(' .. facts['last-delivered-id'], '+', 'COUNT', 1)[1]
		local oldestAt = math.min(oldest and millisecondsOf(oldest) or math.huge, first and millisecondsOf(first[1]) or math.huge)
		local backlog = unread(KEYS[1], facts)
		local ready = groupsOf(prefix .. '/ready')[name]
		if ready then
			local more = unread(prefix .. '/ready', ready)
			backlog = (backlog < 0 or more < 0) and -1 or backlog + more + redis.call('ZCARD', prefix .. '/retry')
			local readyPending, readyFree, readyOldest = pendingOf(prefix .. '/ready', name)
			pending, free = pending + readyPending, free + readyFree
			if readyOldest then oldestAt = math.min(oldestAt, millisecondsOf(readyOldest)) end
		end
		if backlog >= 0 then backlog = backlog + free end
		states[#states + 1] = {name, record[1] or '[]', record[2] or 'durable', isOurs == 1 and live or tonumber(facts['consumers']), backlog, pending - free, oldestAt == math.huge and -1 or math.max(0, now - oldestAt), tonumber(record[3] or 0), tonumber(record[4] or 0), tonumber(record[5] or 0), redis.call('XLEN', prefix .. '/dead-letters'), isOurs}
	end
end
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
return {redis.call('XLEN', KEYS[1]), first and first[1] or '', states}
`);
