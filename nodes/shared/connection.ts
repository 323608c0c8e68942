/**
 * The broker a node's Connection parameter means.
 *
 * A chosen credential that is missing or unreadable is an error, never a reason to fall back to the default: the
 * event would go to the wrong broker, with success.
 */
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { brokerOfCredential, CREDENTIAL_NAME } from './credentialForm';
import type { ChosenBroker } from '../../src/broker/registry';
import { defaultConnection } from './defaultConnection';

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

/** 'Kafka kafka1:9092', without secrets. */
export function describeBroker({ manifest, settings }: ChosenBroker): string {
	return manifest.describe(settings);
}
