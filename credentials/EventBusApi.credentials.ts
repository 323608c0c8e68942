/**
 * One credential for every broker: a workflow moves from one to another by an edit here. The form follows from the
 * brokers' field lists; the test is the node's, because n8n can only test HTTP by itself.
 */
import type { ICredentialType } from 'n8n-workflow';
import { credentialProperties } from '../nodes/shared/credentialForm';

export class EventBusApi implements ICredentialType {
	name = 'eventBusApi';

	displayName = 'Event Bus API';

	icon = {
		light: 'file:../nodes/EventBus/eventBus.svg',
		dark: 'file:../nodes/EventBus/eventBus.dark.svg',
	} as const;

	// eslint-disable-next-line n8n-nodes-base/cred-class-field-documentation-url-miscased -- for slugs of n8n's own documentation
	documentationUrl = 'https://github.com/n8n-nodes-event-bus/n8n-nodes-event-bus#connection';

	properties = credentialProperties();
}
