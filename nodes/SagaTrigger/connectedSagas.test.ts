import type { INodeParameters } from 'n8n-workflow';
import { connectedSagas } from './connectedSagas';

const child = (parameters: INodeParameters, more: object = {}) => ({
	name: 'Saga',
	type: 'n8n-nodes-event-bus.saga',
	typeVersion: 1,
	disabled: false,
	parameters,
	...more,
});

function connected(...children: ReturnType<typeof child>[]) {
	return connectedSagas({ getNode: () => ({ name: 'T' }) as never, getChildNodes: () => children });
}

it.each([
	['one saga', [child({ sagaName: 'order' })], ['order']],
	['two of them', [child({ sagaName: 'order' }), child({ sagaName: 'refund' })], ['order', 'refund']],
	['one twice', [child({ sagaName: 'order' }), child({ sagaName: 'order' })], ['order']],
	['another operation', [child({ sagaName: 'order' }), child({ operation: 'get' })], ['order']],
	[
		'one that is switched off',
		[child({ sagaName: 'order' }), child({ sagaName: 'old' }, { disabled: true })],
		['order'],
	],
	['other nodes', [child({ sagaName: 'order' }), child({}, { type: 'n8n-nodes-base.noOp' })], ['order']],
	['a name from an expression', [child({ sagaName: '={{ $json.name }}' })], null],
	['no saga', [], null],
])('takes up the sagas of %s', (_what, children, names) => {
	expect(connected(...children).names).toEqual(names);
});

it('listens to the channels of command events', () => {
	const values = [
		{ name: 'a', do: 'http' },
		{ name: 'b', do: 'event' },
		{ name: 'c', do: 'event', options: { channel: 'orders' } },
		{ name: 'd', do: 'workflow', undo: 'event', options: { channel: 'undos' } },
	];
	expect([...connected(child({ steps: { values } })).channels]).toEqual(['events', 'orders', 'undos']);
});
