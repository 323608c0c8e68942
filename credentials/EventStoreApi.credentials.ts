/**
 * One credential for every event store, as EventBusApi is for brokers: the form follows from the stores' field lists.
 */
import type { ICredentialType } from 'n8n-workflow';
import { storeCredentialProperties } from '../nodes/shared/credentialForm';

export class EventStoreApi implements ICredentialType {
	name = 'eventStoreApi';

	displayName = 'Event Store API';

	icon = {
		light: 'file:../nodes/EventStore/eventStore.svg',
		dark: 'file:../nodes/EventStore/eventStore.dark.svg',
	} as const;

	// eslint-disable-next-line n8n-nodes-base/cred-class-field-documentation-url-miscased -- for slugs of n8n's own documentation
	documentationUrl = 'https://github.com/n8n-nodes-event-bus/n8n-nodes-event-bus#event-store';

	properties = storeCredentialProperties();
}
