/**
 * The Test buttons of the credentials: connect to the broker or the store and ask how it is. They never let a person
 * wait for long.
 */
import type { ICredentialsDecrypted, ICredentialTestFunctions, INodeCredentialTestResult } from 'n8n-workflow';
import type { ChosenBroker } from '../../src/broker/registry';
import type { CallOptions } from '../../src/broker/types';
import { within } from '../../src/broker/within';
import { EventBusError, isEventBusError, messageOf } from '../../src/kernel/errors';
import type { ChosenStore } from '../../src/store/stores';
import { describeBroker } from './connection';
import { brokerOfCredential, storeOfCredential } from './credentialForm';
import { borrow, borrowStore } from './pool';

/** For connecting and asking together. */
const ANSWER_WITHIN_MS = 10_000;

export async function eventBusConnectionTest(
	this: ICredentialTestFunctions,
	{ data = {} }: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	return await tested(() => brokerOfCredential(data), healthOf);
}

export async function eventStoreConnectionTest(
	this: ICredentialTestFunctions,
	{ data = {} }: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	return await tested(() => storeOfCredential(data), versionOf);
}

async function healthOf(broker: ChosenBroker, call: CallOptions): Promise<string> {
	await using loan = await borrow(broker);
	const { status, detail, error } = await loan.connection.health(call);
	if (status === 'down') throw error ?? new EventBusError('unreachable', detail);
	return detail;
}

async function versionOf(store: ChosenStore, call: CallOptions): Promise<string> {
	await using loan = await borrowStore(store);
	return await loan.connection.version(call);
}

/** @param ask connects, and returns what the other side tells about itself */
async function tested<C extends ChosenBroker | ChosenStore>(
	choose: () => C,
	ask: (chosen: C, call: CallOptions) => Promise<string>,
): Promise<INodeCredentialTestResult> {
	try {
		const chosen = choose();
		const call = within(ANSWER_WITHIN_MS);
		const detail = await inTime(chosen, ask(chosen, call));
		return { status: 'OK', message: `Connected to ${describeBroker(chosen)}: ${detail}` };
	} catch (error) {
		return { status: 'Error', message: oneLine(error) };
	}
}

/** Opening may be tried for longer than a person looks at a button. What comes of it later is given back. */
async function inTime(chosen: ChosenBroker | ChosenStore, answer: Promise<string>): Promise<string> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => {
			const seconds = ANSWER_WITHIN_MS / 1000;
			reject(
				new EventBusError('timeout', `${describeBroker(chosen)} did not answer within ${seconds} s`, {
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
