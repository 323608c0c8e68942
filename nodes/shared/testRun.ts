/**
 * A test run in the editor: one event (or one batch), for looking at it.
 *
 * It reads with a group of its own that removes itself, so the group of the active workflow keeps its place and its
 * events. Nothing is settled by the result: the event is not the test's to retry.
 */
import { randomUUID } from 'node:crypto';
import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import type { StartPosition } from '../../src/broker/types';
import { startConsumer } from '../../src/consumer/consumer';
import type { Consumer, ConsumerHost, ConsumerSettings, Handler, ReceivedEvent } from '../../src/consumer/types';
import { receivedItem } from './items';
import { toNodeError } from './nodeErrors';
import type { LookBack, OpenHost, RunSettings } from './runSettings';

/** Stored events come without a pause; after one the newest of them is known. */
const QUIET_MS = 400;

/** Where events never pause, the newest so far must do. */
const LONGEST_LOOK_MS = 3000;

/** The editor's person waits for the close. */
const DRAIN_MS = 2000;

/** Most stored events read at a time while looking for the newest. */
const READ_AHEAD = 100;

/**
 * n8n's order in manual mode: `trigger()` returns, only then `emit` exists, and `manualTriggerFunction` is awaited
 * before the emitted items count. So this starts nothing by itself, and never waits for the end of the run.
 */
export function testRun(
	context: ITriggerFunctions,
	settings: RunSettings,
	openHost: OpenHost,
	lookBack: LookBack,
): ITriggerResponse {
	const test = new TestRun(context, settings, openHost, lookBack);
	return {
		manualTriggerFunction: async () => await test.start(),
		closeFunction: async () => await test.close(),
	};
}

class TestRun {
	private closed = false;
	private starting: Promise<Consumer> | null = null;
	private newest: readonly ReceivedEvent[] | null = null;
	private quiet: NodeJS.Timeout | null = null;
	private lookUntil = Infinity;

	constructor(
		private readonly context: ITriggerFunctions,
		private readonly settings: RunSettings,
		private readonly openHost: OpenHost,
		private readonly lookBack: LookBack,
	) {}

	/** Resolves once events can arrive; the first one is emitted whenever it comes. */
	async start(): Promise<void> {
		this.starting = this.open();
		await this.starting.catch((error: unknown) => {
			throw toNodeError(this.context.getNode(), error);
		});
	}

	/** n8n calls it at the end of the run, and when the person stops waiting, maybe before the start is through. */
	async close(): Promise<void> {
		this.closed = true;
		if (this.quiet) clearTimeout(this.quiet);
		const consumer = await this.starting?.catch(() => null);
		await consumer?.close(DRAIN_MS);
	}

	private async open(): Promise<Consumer> {
		const host = await this.openHost((error) => {
			if (!this.closed) this.context.emitError(toNodeError(this.context.getNode(), error));
		});
		const start = await this.startOf(host);
		return await startConsumer(testSettings(this.settings, start), this.handler(start !== null), host);
	}

	/** null: only what comes from now on. */
	private async startOf(host: ConsumerHost): Promise<StartPosition | null> {
		const { testWith, consumer } = this.settings;
		// Dead letters are kept until somebody takes them: they can always be looked at.
		if (consumer.from.kind === 'dead-letters') return { at: 'earliest' };
		return testWith === 'newest' ? await this.lookBack(host) : null;
	}

	private handler(looksBack: boolean): Handler {
		return async (received) => {
			if (looksBack) this.remember(received);
			else this.emit(received);
			return await Promise.resolve(received.map(() => ({ as: 'done' }) as const));
		};
	}

	private remember(received: readonly ReceivedEvent[]): void {
		if (this.closed) return;
		const now = Date.now();
		this.newest = newer(this.newest, received);
		this.lookUntil = Math.min(this.lookUntil, now + LONGEST_LOOK_MS);
		if (this.quiet) clearTimeout(this.quiet);
		this.quiet = setTimeout(
			() => {
				if (this.newest) this.emit(this.newest);
			},
			Math.min(QUIET_MS, Math.max(0, this.lookUntil - now)),
		);
	}

	/** n8n takes the first emit and ignores the others; one is all that a test gets. */
	private emit(received: readonly ReceivedEvent[]): void {
		if (this.closed) return;
		this.closed = true;
		if (this.quiet) clearTimeout(this.quiet);
		this.context.emit([received.map((one) => receivedItem(one, this.settings.output))]);
	}
}

function newer(known: readonly ReceivedEvent[] | null, received: readonly ReceivedEvent[]): readonly ReceivedEvent[] {
	return known === null || publishedAt(received) >= publishedAt(known) ? received : known;
}

function publishedAt(received: readonly ReceivedEvent[]): number {
	return Math.max(...received.map(({ event }) => Date.parse(event.metadata.timestamp)));
}

/** @param lookBack null: only what comes from now on */
function testSettings(settings: RunSettings, lookBack: StartPosition | null): ConsumerSettings {
	return {
		...settings.consumer,
		group: `test-${randomUUID()}`,
		lifetime: 'ephemeral',
		start: lookBack ?? { at: 'latest' },
		maxInFlight: lookBack === null ? 1 : READ_AHEAD,
		order: 'none',
		afterDeadLetter: 'continue',
		retry: { ...settings.consumer.retry, maxAttempts: 1 },
		// A test shows an event as often as somebody looks, and moves nothing.
		deduplicateMs: 0,
		deadLetter: false,
		badPayload: 'discard',
	};
}
