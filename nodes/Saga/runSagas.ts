/**
 * Run: starts a saga for each item, or goes on with the one it names, and takes it to its end.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { EventEnvelope, Json } from '../../src/event/envelope';
import { canonicalJson } from '../../src/event/canonicalJson';
import { newCorrelationId } from '../../src/event/ids';
import { EventBusError } from '../../src/kernel/errors';
import { outboxTarget } from '../../src/publisher/outboxRelay';
import type { SagaDefinition } from '../../src/saga/definition';
import type { SagaState } from '../../src/saga/state';
import { type Cause, CauseFinder } from '../shared/cause';
import { errorOfItem } from '../shared/eachItem';
import { sharedCorrelation } from '../shared/newEvent';
import { type Recovery, recoveryOf } from '../shared/sagaRecovery';
import { tell } from '../shared/storeLink';
import { workflowSource } from '../shared/workflowSource';
import { takeToEnd } from './ending';
import { sagaItem } from './sagaItems';
import { type SagaLink, withSagas } from './sagaLink';
import { readBusConnection, readDefinition, readOutcomeChannel, readRun } from './settings';
import { sideBySide } from './sideBySide';
import { needsBus } from './steps';

type Wish =
	| ({ readonly kind: 'recover'; readonly itemIndex: number } & Recovery)
	| {
			readonly kind: 'start';
			readonly itemIndex: number;
			readonly id: string;
			readonly definition: SagaDefinition;
			readonly input: Json;
			readonly correlationId: string;
			readonly cause: EventEnvelope | null;
			/** Where the outcome is published; null: nowhere. */
			readonly channel: string | null;
			readonly waits: boolean;
	  };

export async function runSagas(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const outcomes = new Map<number, INodeExecutionData>();
	const wishes = wishesOf(context, outcomes);
	const isBusNeeded = wishes.some(
		(wish) => wish.kind === 'recover' || wish.channel !== null || needsBus(wish.definition),
	);
	await withSagas(context, isBusNeeded ? readBusConnection(context) : null, async (link) => {
		adviseTrigger(context);
		await sideBySide(wishes, async (wish) => {
			outcomes.set(wish.itemIndex, await fulfil(context, link, wish));
		});
	});
	return [...outcomes].sort(([one], [other]) => one - other).map(([, item]) => item);
}

/** Everything is checked before the first saga begins. */
function wishesOf(context: IExecuteFunctions, outcomes: Map<number, INodeExecutionData>): readonly Wish[] {
	const causes = new CauseFinder(context);
	const usualIds = new Map<string, number>();
	let definition: SagaDefinition | undefined;
	return context.getInputData().flatMap((item, itemIndex): Wish[] => {
		const recovery = recoveryOf(item.json);
		if (recovery) return [{ kind: 'recover', itemIndex, ...recovery }];
		try {
			// The rows are read as they were written, so they are the same for every item.
			definition ??= readDefinition(context, itemIndex);
			return [startWish(context, itemIndex, definition, causes.causeOf(item, itemIndex), usualIds)];
		} catch (error) {
			outcomes.set(itemIndex, errorOfItem(context, itemIndex, error));
			return [];
		}
	});
}

function startWish(
	context: IExecuteFunctions,
	itemIndex: number,
	definition: SagaDefinition,
	cause: Cause,
	usualIds: Map<string, number>,
): Wish {
	const { sagaId, correlationId: given, input, waitForOutcome } = readRun(context, itemIndex);
	const event = cause.kind === 'event' ? cause.event : null;
	const correlationId =
		given || event?.metadata.correlation_id || sharedCorrelation(cause) || newCorrelationId(Date.now());
	const usual = `${definition.name}/${correlationId}`;
	if (sagaId === '') refuseTwice(usual, itemIndex, usualIds);
	return {
		kind: 'start',
		itemIndex,
		id: sagaId || usual,
		definition,
		input,
		correlationId,
		cause: event && { ...event, payload: null },
		channel: readOutcomeChannel(context, itemIndex),
		waits: waitForOutcome,
	};
}

/** Two items of one story would silently be one saga. */
function refuseTwice(id: string, itemIndex: number, usualIds: Map<string, number>): void {
	const other = usualIds.get(id);
	if (other === undefined) {
		usualIds.set(id, itemIndex);
		return;
	}
	throw new EventBusError(
		'settings',
		`Items ${other + 1} and ${itemIndex + 1} belong to one story, and would be one saga`,
		{
			hint: 'Fill in Saga ID, such as order-{{ $json.order_id }}',
		},
	);
}

async function fulfil(context: IExecuteFunctions, link: SagaLink, wish: Wish): Promise<INodeExecutionData> {
	const { itemIndex } = wish;
	try {
		if (wish.kind === 'recover') return await takeToEnd(context, link, itemIndex, wish.sagaId, wish.owner);
		const state = await startedSaga(context, link, wish);
		if (!wish.waits) return sagaItem(state, itemIndex);
		return await takeToEnd(context, link, itemIndex, wish.id);
	} catch (error) {
		return errorOfItem(context, itemIndex, error);
	}
}

async function startedSaga(
	context: IExecuteFunctions,
	{ journal, call, bus }: SagaLink,
	wish: Extract<Wish, { kind: 'start' }>,
): Promise<SagaState> {
	const { id, definition, input, correlationId, cause, channel } = wish;
	const source = workflowSource(context);
	const publish = bus === null || channel === null ? null : { target: outboxTarget(bus.broker), channel };
	const begun = await journal.start({ id, definition, input, correlationId, cause, source, publish }, call);
	if (begun) return begun;
	const known = await journal.load(id, call);
	if (!known) throw new EventBusError('bug', `The saga ${id} exists and cannot be read`);
	if (!isSame(known.definition, definition)) {
		throw new EventBusError('conflict', `There is a saga ${id} already, and it was started with other steps`, {
			hint: 'Give this one another Saga ID. One that is under way goes on with the steps it was started with, by the Saga Trigger.',
		});
	}
	if (!isSame(known.input, input)) {
		tell(context, `Saga ${id} was started before with another input: this input is not used`, 'warning');
	}
	return known;
}

function isSame(one: unknown, other: unknown): boolean {
	return canonicalJson(one as Json) === canonicalJson(other as Json);
}

/** Ends the name of our trigger's type, whatever package prefix n8n gave it. */
const RECOVERS = /\.sagaTrigger$/;

function adviseTrigger(context: IExecuteFunctions): void {
	if (context.getParentNodes(context.getNode().name).some(({ type }) => RECOVERS.test(type))) return;
	tell(
		context,
		'No Saga Trigger leads into this node. If n8n is stopped in the middle of a saga, the saga stays there: add a Saga Trigger and connect it to this node',
	);
}
