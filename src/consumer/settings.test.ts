import type { BrokerCapabilities, StartPosition, SubscribeOptions } from '../broker/types';
import { checkOrder, checkStart } from './settings';

const unable: Pick<BrokerCapabilities, 'start' | 'ordering'> = {
	start: new Set(['committed', 'latest']),
	ordering: 'none',
};

describe('what a broker cannot do is refused before a group is made', () => {
	const orders = { kind: 'channel', channel: 'orders' } as const;
	const check =
		(start: StartPosition, from: SubscribeOptions['from'] = orders) =>
		() => {
			checkStart({ start, from }, { capabilities: unable as BrokerCapabilities, broker: 'rabbitmq' });
		};

	it.each<[string, StartPosition]>([
		['new events', { at: 'latest' }],
		['new events, unless the group has a place', { at: 'committed', otherwise: { at: 'latest' } }],
	])('a start from %s works', (_name, start) => {
		expect(check(start)).not.toThrow();
	});

	it.each<[string, StartPosition]>([
		['all events', { at: 'earliest' }],
		['all events, unless the group has a place', { at: 'committed', otherwise: { at: 'earliest' } }],
		['a point in time', { at: 'time', time: 0 }],
	])('a start from %s does not', (_name, start) => {
		expect(check(start)).toThrow(expect.objectContaining({ code: 'unsupported' }));
	});

	it('dead letters can be shown from the first on every broker', () => {
		const letters = { kind: 'dead-letters', of: orders, group: null } as const;
		expect(check({ at: 'earliest' }, letters)).not.toThrow();
		expect(check({ at: 'time', time: 0 }, letters)).toThrow();
	});

	it('order by key needs a source that keeps order', () => {
		expect(() => checkOrder('key', unable)).toThrow(expect.objectContaining({ code: 'unsupported' }));
		expect(() => checkOrder('none', unable)).not.toThrow();
		expect(() => checkOrder('key', { ordering: 'key' })).not.toThrow();
	});
});
