/**
 * A Lua script: what must happen at once on the server. Sent once, called by its digest from then on.
 */
import { createHash } from 'node:crypto';

export interface Script {
	readonly source: string;
	readonly sha: string;
}

export function script(source: string): Script {
	return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/** Milliseconds of the server's own clock as `now`: the clocks of the members differ. */
export const NOW = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;
