/**
 * The broker, or the event store, that a node's Connection parameter means.
 *
 * A chosen credential that is missing or unreadable is an error, never a reason to fall back to the default: the
 * event would go to the wrong broker, with success.
 */
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { ChosenStore } from '../../src/store/stores';
import { brokerOfCredential, CREDENTIAL_NAME, STORE_CREDENTIAL_NAME, storeOfCredential } from './credentialForm';
import type { ChosenBroker } from '../../src/broker/registry';
import { defaultConnection, defaultStore } from './defaultConnection';

export interface CredentialSource {
	getCredentials(type: string, itemIndex?: number): Promise<ICredentialDataDecryptedObject>;
}

/**
 * @param connection the value of the parameter
 * @throws EventBusError `settings`; n8n's own error for a credential that cannot be read
 */
export async function chosenBroker(context: CredentialSource, connection: unknown): Promise<ChosenBroker> {
	return connection === 'credential'
		? brokerOfCredential(await context.getCredentials(CREDENTIAL_NAME))
		: defaultConnection(process.env);
}

/**
 * The event store, in the same way.
 *
 * @throws EventBusError `settings`; n8n's own error for a credential that cannot be read
 */
export async function chosenStore(context: CredentialSource, connection: unknown): Promise<ChosenStore> {
	return connection === 'credential'
		? storeOfCredential(await context.getCredentials(STORE_CREDENTIAL_NAME))
		: defaultStore(process.env);
}

/** 'Kafka kafka1:9092', without secrets. */
export function describeBroker({ manifest, settings }: ChosenBroker | ChosenStore): string {
	return manifest.describe(settings);
}
