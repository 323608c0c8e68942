/**
 * Where the sagas of this run are kept, and what their steps go through.
 */
import { randomUUID } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import type { ChosenBroker } from '../../src/broker/registry';
import { systemClock } from '../../src/kernel/clock';
import type { SagaDefinition } from '../../src/saga/definition';
import type { SagaJournal } from '../../src/saga/journal';
import type { SagaHost, StepCall, StepOutcome } from '../../src/saga/types';
import { chosenBroker } from '../shared/connection';
import { INSTANCE } from '../shared/instance';
import { n8nLogger } from '../shared/pool';
import { sagaJournal } from '../shared/sagaJournal';
import { listenForReplies, sagaNews } from '../shared/sagaReplies';
import { type StoreLink, withStore } from '../shared/storeLink';
import { publishCommand } from './commandEvent';
import { callHttp } from './httpStep';
import { callSubWorkflow } from './subWorkflow';
import { replyChannels } from './steps';
import { resolveTemplate } from './template';

export interface SagaLink extends StoreLink {
	readonly journal: SagaJournal;
	/** null: the sagas of this run need none. */
	readonly bus: { readonly broker: ChosenBroker } | null;
	/** Resolves when no answer to the commands of the saga can be missed any more. */
	listenFor(definition: SagaDefinition): Promise<void>;
}

/** How long a crash hides a saga from the Saga Trigger, milliseconds. */
const LEASE_MS = 30_000;

/**
 * @param connection of the bus; null: none is needed
 * @throws EventBusError `settings`, or as the store's `open`
 */
export async function withSagas<T>(
	context: IExecuteFunctions,
	connection: 'default' | 'credential' | null,
	use: (link: SagaLink) => Promise<T>,
): Promise<T> {
	const bus = connection === null ? null : { broker: await chosenBroker(context, connection) };
	return await withStore(context, async (link) => {
		const journal = sagaJournal(link.chosen, bus?.broker ?? null, link.store.engine);
		const stops: (() => void)[] = [];
		const listenFor = async (definition: SagaDefinition) => {
			if (bus === null) return;
			for (const channel of replyChannels(definition)) {
				stops.push(await listenForReplies(link.chosen, bus.broker, channel));
			}
		};
		try {
			return await use({ ...link, journal, bus, listenFor });
		} finally {
			stops.forEach((stop) => stop());
		}
	});
}

/** What a saga needs of this run, for the item. */
export function sagaHost(context: IExecuteFunctions, link: SagaLink, itemIndex: number, owner?: string): SagaHost {
	return {
		journal: link.journal,
		news: sagaNews,
		clock: systemClock,
		logger: n8nLogger,
		owner: owner ?? `${INSTANCE}/${randomUUID()}`,
		leaseMs: LEASE_MS,
		random: Math.random,
		resolve: (template, scope) => resolveTemplate(context, itemIndex, template, scope),
		perform: async (call, signal) => await perform(context, link, call, signal),
	};
}

async function perform(
	context: IExecuteFunctions,
	link: SagaLink,
	call: StepCall,
	signal: AbortSignal,
): Promise<StepOutcome> {
	switch (call.kind) {
		case 'workflow':
			return await callSubWorkflow(context, call);
		case 'http':
			return await callHttp(context, call, signal);
		case 'event':
			return await publishCommand(context, link, call, signal);
	}
}
