/**
 * The inbox on PostgreSQL: every process that uses the store sees the same one.
 */
import type { CallOptions } from '../../broker/types';
import type { Inbox } from '../../consumer/inbox';
import type { Clock } from '../../kernel/clock';
import { inboxCommands, type InboxContext } from '../sql/inbox';
import type { Steps } from '../sql/steps';
import type { Link } from './link';
import { inTransaction, workOf } from './transaction';

export function inboxOn(link: Link, clock: Clock): Inbox {
	const write = async <T>(name: string, command: (context: InboxContext) => Steps<T>, call: CallOptions) => {
		const work = workOf(() => command({ now: clock.now(), process: null }));
		return await inTransaction(link, { name: `writing to the inbox (${name})`, work, atCommit: '' }, clock, call);
	};
	const { begin, extend, finish, fail, release } = inboxCommands;
	return {
		scope: 'shared',
		begin: async (keys, owner, leaseMs, call) =>
			await write('begin', (context) => begin(context, { keys, owner, leaseMs }), call),
		extend: async (keys, owner, leaseMs, call) =>
			await write('extend', (context) => extend(context, { keys, owner, leaseMs }), call),
		finish: async (keys, owner, keepMs, call) =>
			await write('finish', (context) => finish(context, { keys, owner, keepMs }), call),
		fail: async (failures, owner, keepMs, call) =>
			await write('fail', (context) => fail(context, { failures, owner, keepMs }), call),
		release: async (keys, owner, call) => await write('release', (context) => release(context, { keys, owner }), call),
	};
}
