/**
 * What exists, and making or removing it: the plan is worked out here, the thread only carries it out.
 */
import type { Address, TopologyChange, TopologyPort } from '../../broker/types';
import type { BrokerPort } from './port';

export function embeddedTopology(port: BrokerPort, file: string): TopologyPort {
	return {
		inspect: async (sources, options) => {
			const states = await port.read('inspect', { sources }, options);
			return states.map((state) => ({ ...state, native: { ...state.native, file } }));
		},
		channels: async (options) => await port.read('channels', {}, options),
		plan: async ({ present, absent }, options) => {
			const weights = await port.read('weigh', { addresses: [...present, ...absent] }, options);
			const creations = present.flatMap((address, index) => (weights[index] ? [] : [creation(address)]));
			const deletions = absent.flatMap((address, index) => {
				const weight = weights[present.length + index];
				return weight ? [deletion(address, weight.messages)] : [];
			});
			return [...creations, ...deletions];
		},
		apply: async (changes, options) => {
			for (const { action, address } of changes) {
				await port.write(action === 'delete' ? 'dropAddress' : 'createAddress', { address }, options);
			}
		},
	};
}

function creation(address: Address): TopologyChange {
	return {
		action: 'create',
		address,
		resource: resourceName(address),
		summary: `Create ${describe(address)}`,
		destructive: false,
	};
}

function deletion(address: Address, messages: number): TopologyChange {
	return {
		action: 'delete',
		address,
		resource: resourceName(address),
		summary: `Delete ${describe(address)} with ${messages} ${address.kind === 'group' ? 'unread ' : ''}events`,
		// Even with nothing in it now: something may come between the plan and its execution, and a position is lost.
		destructive: true,
	};
}

function describe(address: Address): string {
	switch (address.kind) {
		case 'channel':
			return `the channel "${address.channel}"`;
		case 'existing':
			return `the channel "${address.name}"`;
		case 'group':
			return `the consumer group "${address.group}" of ${describe(address.of)}`;
		case 'dead-letters':
			return `the dead letters of ${address.group === null ? 'all groups' : `the group "${address.group}"`} of ${describe(address.of)}`;
	}
}

function resourceName(address: Address): string {
	switch (address.kind) {
		case 'channel':
			return address.channel;
		case 'existing':
			return address.name;
		case 'group':
			return `${resourceName(address.of)}:${address.group}`;
		case 'dead-letters':
			return `dead-letters:${resourceName(address.of)}:${address.group ?? '*'}`;
	}
}
