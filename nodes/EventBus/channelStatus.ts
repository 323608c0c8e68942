/**
 * Channel → Get Status: the broker's health, what waits, and who reads it.
 */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { ChannelState, GroupState, HealthReport, Source } from '../../src/broker/types';
import { describeBroker } from '../shared/connection';
import { eachItem } from '../shared/eachItem';
import { withLink, type Link } from './link';
import { readStatusOf } from './settings';

export async function getStatus(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await withLink(
		context,
		async (link) =>
			await eachItem(context, async (itemIndex) => {
				const { connection, call, broker } = link;
				const health = await connection.health(call);
				if (health.status === 'down' && health.error) throw health.error;
				const states = await connection.topology.inspect(await wanted(link, readStatusOf(context, itemIndex)), call);
				return states.map((state) => ({
					json: { ...stateData(state), ...healthData(describeBroker(broker), health) },
					pairedItem: { item: itemIndex },
				}));
			}),
	);
}

async function wanted({ connection, call }: Link, source: Source | null): Promise<readonly Source[]> {
	if (source) return [source];
	const channels = await connection.topology.channels(call);
	return channels.map((channel) => ({ kind: 'channel', channel }));
}

function stateData({ source, exists, messages, oldestMs, groups, native }: ChannelState): IDataObject {
	return {
		channel: source.kind === 'channel' ? source.channel : source.name,
		exists,
		messages,
		oldest_ms: oldestMs,
		groups: groups.map(groupData),
		// Their events collect until the retention removes them; Delete Group ends that.
		unread_groups: groups.filter(isUnread).map(({ group }) => group),
		native,
	};
}

function groupData(state: GroupState): IDataObject {
	return {
		group: state.group,
		types: [...state.types],
		lifetime: state.lifetime,
		backlog: state.backlog,
		in_flight: state.inFlight,
		consumers: state.consumers,
		oldest_ms: state.oldestMs,
		dead_letters: state.deadLetters,
		expired: state.expired,
		last_read_at: isoTime(state.lastReadAt),
		removed_at: isoTime(state.removedAt),
	};
}

function isUnread({ consumers, lifetime }: GroupState): boolean {
	return consumers === 0 && lifetime === 'durable';
}

function healthData(broker: string, { status, latencyMs, detail }: HealthReport): IDataObject {
	return { broker, broker_status: status, broker_latency_ms: latencyMs, broker_detail: detail };
}

function isoTime(time: number | null): string | null {
	return time === null ? null : new Date(time).toISOString();
}
