/**
 * The Test button of the credential: connects to the broker and asks how it is.
 */
import type { ICredentialsDecrypted, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { isEventBusError, messageOf } from '../../src/kernel/errors';
import { describeBroker } from './connection';
import { brokerOfCredential } from './credentialForm';
import { borrow } from './pool';

const HEALTH_TIMEOUT_MS = 10_000;

export async function eventBusConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	try {
		const broker = brokerOfCredential(credential.data ?? {});
		await using loan = await borrow(broker);
		const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS);
		const health = await loan.connection.health({ signal, timeoutMs: HEALTH_TIMEOUT_MS });
		if (health.status === 'down') return failed(health.error ?? new Error(health.detail));
		return { status: 'OK', message: `Connected to ${describeBroker(broker)}: ${health.detail}` };
	} catch (error) {
		return failed(error);
	}
}

/** n8n shows one line, so the hint follows the message. */
function failed(error: unknown): INodeCredentialTestResult {
	const hint = isEventBusError(error) ? error.hint : undefined;
	return { status: 'Error', message: hint ? `${messageOf(error)}. ${hint}` : messageOf(error) };
}
