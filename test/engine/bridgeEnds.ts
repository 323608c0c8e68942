/**
 * The bridge between two real brokers, as a person makes it of what ships: a credential on the partner's side.
 */
import type { INode } from 'n8n-workflow';
import type { EngineCredential, WorkflowJson } from './n8nEngine';

const CREDENTIAL = { id: 'partner', name: "Partner's broker" } as const;
/** The nodes that the yellow notes speak of. */
const PARTNERS = ['Forward to the Partner', 'Shipments There', 'Partner Hears of It', 'Publish shipment.booked'];

/** @param data as the form of the credential saves it */
export function partnersBroker(data: EngineCredential['data']): EngineCredential {
	return { ...CREDENTIAL, type: 'eventBusApi', data };
}

/** Connection: Credential, and the channel's usual name. */
export function onOtherBroker(workflow: WorkflowJson): WorkflowJson {
	const moved = (node: INode): INode => ({
		...node,
		parameters: {
			...node.parameters,
			connection: 'credential',
			channel: { __rl: true, mode: 'name', value: 'events' },
		},
		credentials: { eventBusApi: CREDENTIAL },
	});
	return { ...workflow, nodes: workflow.nodes.map((node) => (PARTNERS.includes(node.name) ? moved(node) : node)) };
}
