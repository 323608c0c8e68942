/**
 * Looking after subscriptions: how far they are, and what a person decides about them.
 */
import type { CallOptions } from '../broker/types';
import { EventBusError } from '../kernel/errors';
import type { StoreEngine } from './engine';
import type { SubscriptionState } from './sql/subscriptions';

export interface SubscriptionReport extends SubscriptionState {
	/** Positions of the log that are not settled yet, also those of events it does not want. */
	readonly behind: number;
	readonly deadLetters: number;
}

/** By name. */
export async function reportSubscriptions(
	engine: StoreEngine,
	call: CallOptions,
): Promise<readonly SubscriptionReport[]> {
	const states = await engine.read('listSubscriptions', {}, call);
	// Asked after the states, so that nothing seems to be ahead of the log.
	const head = await engine.read('headOf', {}, call);
	const parked = await engine.read('countParked', {}, call);
	const dead = new Map(parked.map(({ subscription, dead: letters }) => [subscription, letters]));
	return states.map((state) => ({
		...state,
		behind: Math.max(0, head - state.position),
		deadLetters: dead.get(state.name) ?? 0,
	}));
}

/** Where a subscription begins again. */
export type Restart =
	| { readonly at: 'beginning' }
	/** With the first event after it. */
	| { readonly at: 'position'; readonly position: number }
	/** With the first event stored at or after it, milliseconds since the epoch. */
	| { readonly at: 'time'; readonly time: number };

/**
 * A rebuild: the read models are emptied and the subscription begins again, in one commit. Its reader notices.
 *
 * @returns the position after which it begins
 * @throws EventBusError `not-found`
 */
export async function restartSubscription(
	engine: StoreEngine,
	name: string,
	from: Restart,
	models: readonly string[],
	call: CallOptions,
): Promise<number> {
	const position = await positionOf(engine, from, call);
	await mustExist(engine, name, call);
	const clears = models.map((model) => ({ do: 'clearModel', args: { model } }) as const);
	const reset = { do: 'resetSubscription', args: { name, position } } as const;
	await engine.write('transact', { changes: [...clears, reset] }, call);
	return position;
}

/** While it is paused its reader gets no events. @throws EventBusError `not-found` */
export async function pauseSubscription(
	engine: StoreEngine,
	name: string,
	paused: boolean,
	call: CallOptions,
): Promise<void> {
	if (!(await engine.write('pauseSubscription', { name, paused }, call))) throw noSubscription(name);
}

/** With its place in the log and its dead letters. @throws EventBusError `not-found` | `conflict` while it is read */
export async function deleteSubscription(engine: StoreEngine, name: string, call: CallOptions): Promise<void> {
	const { owner } = await mustExist(engine, name, call);
	if (owner !== null) {
		throw new EventBusError('conflict', `The subscription ${name} is read by an active workflow`, {
			hint: 'Deactivate the workflow first: its trigger would make the subscription again, at the place where it starts',
		});
	}
	if (!(await engine.write('deleteSubscription', { name }, call))) throw noSubscription(name);
}

async function positionOf(engine: StoreEngine, from: Restart, call: CallOptions): Promise<number> {
	switch (from.at) {
		case 'beginning':
			return 0;
		case 'position':
			return from.position;
		case 'time':
			return await engine.read('positionAt', { time: from.time }, call);
	}
}

async function mustExist(engine: StoreEngine, name: string, call: CallOptions): Promise<SubscriptionState> {
	const found = await engine.read('readSubscription', { name }, call);
	if (found) return found;
	throw noSubscription(name);
}

function noSubscription(name: string): EventBusError {
	return new EventBusError('not-found', `There is no subscription ${name}`, {
		hint: 'Subscription → Get Many lists those that exist. An Event Store Trigger makes its own when it is activated.',
	});
}
