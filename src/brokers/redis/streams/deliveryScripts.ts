/**
 * What happens to deliveries, each at once on the server: taking, settling, extending, giving back.
 *
 * KEYS begin with the group's ready stream; ARGV with the group and the member. An entry is named by the number of its
 * stream among the KEYS and its id. Nobody settles what another member has claimed meanwhile.
 */
import { NOW, script } from '../script';

/** Who holds what was given back: nobody. So idle that anybody may claim it at once, milliseconds. */
export const RELEASED = 'released';
const RELEASED_IDLE_MS = 2 ** 40;

const MINE = `
local group, me = ARGV[1], ARGV[2]
local function mine(key, id)
	return redis.call('XPENDING', key, group, id, id, 1, me)[1]
end
local function letGo(key, id)
	redis.call('XACK', key, group, id)
	-- What is private to the group is of no use to anybody else.
	if key == KEYS[1] then redis.call('XDEL', key, id) end
end
local function giveBack(key, id, receives)
	redis.call('XCLAIM', key, group, '${RELEASED}', 0, id, 'IDLE', ${RELEASED_IDLE_MS}, 'RETRYCOUNT', math.max(receives - 1, 0), 'JUSTID')
end
`;

/**
 * Moves due copies to the ready stream, then takes: what others left, what is ready, what is new.
 *
 * KEYS ready, retry, active, streams … · ARGV group, member, room, bytes, lease of what others hold, whether to look for
 * that, ordered, how long the right to read lasts
 * @returns state, milliseconds until the next copy is due or -1, entries as {stream, id, receives, fields}, where order is
 * kept the last delivered ids of ready and streams, and how many entries were removed from a stream while they were held
 */
export const TAKE = script(`${NOW}
local group, me = ARGV[1], ARGV[2]
local room, budget, lease = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local ready, retry, active = KEYS[1], KEYS[2], KEYS[3]

for _, member in ipairs(redis.call('ZRANGEBYSCORE', retry, '-inf', now, 'LIMIT', 0, 100)) do
	local copy = cmsgpack.unpack(member)
	redis.call('XADD', ready, '*', unpack(copy, 2))
	redis.call('ZREM', retry, member)
end
local due = redis.call('ZRANGE', retry, 0, 0, 'WITHSCORES')[2]
local nextIn = due and math.max(0, tonumber(due) - now) or -1
if room <= 0 then return {'reading', nextIn, {}, {}, 0} end

local streams = {ready}
for i = 4, #KEYS do streams[#streams + 1] = KEYS[i] end
local state = 'reading'
local ordered = ARGV[7] == '1'
local takesOver = false
if ordered then
	local holder = redis.call('GET', active)
	if holder and holder ~= me then return {'standby', nextIn, {}, {}, 0} end
	redis.call('SET', active, me, 'PX', ARGV[8])
	takesOver = ARGV[6] == '1' or not holder
end

local taken, bytes = {}, 0
local function add(stream, id, receives, fields)
	taken[#taken + 1] = {stream, id, receives, fields}
	for _, field in ipairs(fields) do bytes = bytes + #field end
end
local function isFull()
	return #taken >= room or bytes >= budget
end

local gone = 0
-- As XAUTOCLAIM does it, but with the count of deliveries, and never from oneself: what is late here is not lost.
local function claimIdle(stream, minIdle)
	local from = '-'
	while from do
		local late = redis.call('XPENDING', streams[stream], group, 'IDLE', minIdle, from, '+', 100)
		for _, pending in ipairs(late) do
			if isFull() then return end
			if pending[2] ~= me then
				local claimed = redis.call('XCLAIM', streams[stream], group, me, minIdle, pending[1])[1]
				-- A deleted entry has no fields.
				if claimed and claimed[2] then add(stream, claimed[1], pending[4] + 1, claimed[2]) else gone = gone + 1 end
			end
		end
		from = #late == 100 and '(' .. late[100][1]
	end
end
if takesOver then
	-- The one who read before is gone: all it held comes first, or the order would break.
	for stream = 1, #streams do claimIdle(stream, 0) end
	if isFull() then return {'taking-over', nextIn, taken, {}, gone} end
elseif ARGV[6] == '1' then
	for stream = 1, #streams do claimIdle(stream, lease) end
end

for stream = 1, #streams do
	while not isFull() do
		local count = math.min(room - #taken, 10)
		local reply = redis.call('XREADGROUP', 'GROUP', group, me, 'COUNT', count, 'STREAMS', streams[stream], '>')
		if not reply then break end
		for _, entry in ipairs(reply[1][2]) do add(stream, entry[1], 1, entry[2]) end
	end
end

local positions = {}
if ordered then
	for stream = 1, #streams do
		for _, info in ipairs(redis.call('XINFO', 'GROUPS', streams[stream])) do
			local facts = {}
			for i = 1, #info, 2 do facts[info[i]] = info[i + 1] end
			if facts['name'] == group then positions[stream] = facts['last-delivered-id'] end
		end
	end
end
return {state, nextIn, taken, positions, gone}
`);

/** ARGV …, then stream and id of each. @returns 1 where we still held it */
export const ACK = script(`${MINE}
local done = {}
for i = 3, #ARGV, 2 do
	local key, id = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
	local held = mine(key, id)
	if held then letGo(key, id) end
	done[#done + 1] = held and 1 or 0
end
return done
`);

/** ARGV …, then stream and id of each. @returns 1 where we still held it */
export const RELEASE = script(`${MINE}
local done = {}
for i = 3, #ARGV, 2 do
	local key, id = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
	local held = mine(key, id)
	if held then giveBack(key, id, held[4]) end
	done[#done + 1] = held and 1 or 0
end
return done
`);

/** ARGV …, then stream and id of each. @returns 1 where we still held it */
export const EXTEND = script(`${MINE}
local done = {}
for i = 3, #ARGV, 2 do
	local key, id = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
	local held = mine(key, id)
	if held then redis.call('XCLAIM', key, group, me, 0, id, 'JUSTID') end
	done[#done + 1] = held and 1 or 0
end
return done
`);

/**
 * Keeps a copy until it is due, then lets the original go.
 *
 * KEYS ready, retry, streams … · ARGV …, stream, id, milliseconds, the copy's fields
 * @returns whether we still held it
 */
export const RETRY = script(`${NOW}${MINE}
local key, id, delay = KEYS[tonumber(ARGV[3])], ARGV[4], tonumber(ARGV[5])
if not mine(key, id) then return 0 end
local copy = {}
for i = 6, #ARGV do copy[#copy + 1] = ARGV[i] end
if delay <= 0 then
	redis.call('XADD', KEYS[1], '*', unpack(copy))
else
	-- Begins with the original's place, so that no two copies are one. A millisecond has begun already.
	redis.call('ZADD', KEYS[2], now + delay + 1, cmsgpack.pack({key .. ' ' .. id, unpack(copy)}))
end
letGo(key, id)
return 1
`);

/**
 * The member goes: what it holds is free, and an ephemeral group ends with its last member.
 *
 * KEYS ready, retry, active, record, members, groups, streams … · ARGV group, member
 */
export const LEAVE = script(`${NOW}${MINE}
for i = 1, #KEYS do
	local key = KEYS[i]
	if (i == 1 or i >= 7) and redis.call('EXISTS', key) == 1 then
		local pending = redis.pcall('XPENDING', key, group, '-', '+', 10000, me)
		if not pending.err then
			for _, entry in ipairs(pending) do giveBack(key, entry[1], entry[4]) end
			if #redis.call('XPENDING', key, group, '-', '+', 1, me) == 0 then
				redis.call('XGROUP', 'DELCONSUMER', key, group, me)
			end
		end
	end
end
redis.call('ZREM', KEYS[5], me)
if redis.call('GET', KEYS[3]) == me then redis.call('DEL', KEYS[3]) end
if redis.call('EXISTS', KEYS[4]) == 0 then return 0 end
redis.call('HSET', KEYS[4], 'lastRead', now)
local others = redis.call('ZCOUNT', KEYS[5], '(' .. now, '+inf')
local found = redis.call('HMGET', KEYS[4], 'lifetime', 'adopted')
if found[1] == 'ephemeral' and others == 0 then
	if not found[2] then
		for i = 7, #KEYS do redis.pcall('XGROUP', 'DESTROY', KEYS[i], group) end
	end
	redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
	redis.call('HDEL', KEYS[6], group)
end
return 1
`);
