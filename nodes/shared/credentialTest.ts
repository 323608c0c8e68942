/**
 * The Test button of the credential: connects to the broker and asks how it is. It never lets a person wait for long.
 */
import type { ICredentialsDecrypted, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import { EventBusError, isEventBusError, messageOf } from '../../src/kernel/errors';
import { describeBroker } from './connection';
import { brokerOfCredential } from './credentialForm';
import type { ChosenBroker } from '../../src/broker/registry';
import { borrow } from './pool';

/** For connecting and asking together. */
const ANSWER_WITHIN_MS = 10_000;

export async function eventBusConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	try {
		const broker = brokerOfCredential(credential.data ?? {});
		return { status: 'OK', message: await inTime(broker, connectionOf(broker)) };
	} catch (error) {
		return { status: 'Error', message: oneLine(error) };
	}
}

/** @returns what the broker tells about itself */
async function connectionOf(broker: ChosenBroker): Promise<string> {
	await using loan = await borrow(broker);
	const call = { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), timeoutMs: ANSWER_WITHIN_MS };
	const { status, detail, error } = await loan.connection.health(call);
	if (status === 'down') throw error ?? new EventBusError('unreachable', detail);
	return `Connected to ${describeBroker(broker)}: ${detail}`;
}

/** Opening may be tried for longer than a person looks at a button. What comes of it later is given back. */
async function inTime(broker: ChosenBroker, answer: Promise<string>): Promise<string> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => {
			const seconds = ANSWER_WITHIN_MS / 1000;
			reject(
				new EventBusError('timeout', `${describeBroker(broker)} did not answer within ${seconds} s`, {
					hint: 'Check the address, and whether a firewall lies between. It must be reachable from where n8n runs',
				}),
			);
		}, ANSWER_WITHIN_MS);
	});
	try {
		return await Promise.race([answer, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** n8n shows one line, so the hint follows the message. */
function oneLine(error: unknown): string {
	const hint = isEventBusError(error) ? error.hint : undefined;
	return [messageOf(error), hint].flatMap((text) => text?.trim().replace(/\.$/, '') || []).join('. ');
}
