/**
 * The inbox as the processor uses it: always on the session of the moment, tried again while there is hope.
 */
import type { CallOptions } from '../broker/types';
import { within } from '../broker/within';
import { backoffDelay, RECONNECT_BACKOFF } from '../kernel/backoff';
import { messageOf } from '../kernel/errors';
import type { Inbox, InboxEntry, InboxFailure } from './inbox';
import type { Session } from './session';
import type { ConsumerHost, ConsumerSettings } from './types';

const CALL_TIMEOUT_MS = 10_000;
/** A result that cannot be recorded for longer than this is recorded by running again: at least once. */
const GIVE_UP_AFTER_FAILURES = 12;

export class InboxClient {
	/** Without de-duplication and without holding there is nothing to remember. */
	private readonly active: boolean;

	constructor(
		private readonly settings: ConsumerSettings,
		private readonly host: ConsumerHost,
		private readonly session: () => Session,
		private readonly stopping: AbortSignal,
	) {
		this.active = settings.deduplicateMs > 0 || settings.order === 'key';
	}

	/** @returns the entry of every key */
	async begin(keys: readonly string[], owner: string): Promise<ReadonlyMap<string, InboxEntry>> {
		const found = new Map<string, InboxEntry>();
		if (!this.active) return found;
		const entries = await this.persistently(
			async (inbox) => await inbox.begin(keys, owner, this.settings.leaseMs, this.call()),
		);
		keys.forEach((key, index) => {
			const entry = entries[index];
			if (entry) found.set(key, entry);
		});
		return found;
	}

	/** Prolongs the leases of a run at a third of their time, until the returned function is called. */
	keepExtending(keys: readonly string[], owner: string): () => void {
		if (!this.active) return () => undefined;
		const { leaseMs } = this.settings;
		const timer = setInterval(
			() => {
				this.session()
					.inbox.extend(keys, owner, leaseMs, this.call())
					.catch((error: unknown) => {
						this.host.logger.debug(`An inbox lease could not be extended: ${messageOf(error)}`);
					});
			},
			Math.max(20, Math.floor(leaseMs / 3)),
		);
		timer.unref();
		return () => clearInterval(timer);
	}

	async finish(keys: readonly string[], owner: string): Promise<void> {
		if (!this.active) return;
		const { deduplicateMs } = this.settings;
		const kept = await this.persistently(async (inbox) => await inbox.finish(keys, owner, deduplicateMs, this.call()));
		if (kept.includes(false)) {
			this.host.logger.warn(
				'A run ended after its lease was taken over, so the event may have run twice. Is the machine overloaded, or was the process stopped for a while?',
			);
		}
	}

	async fail(failure: InboxFailure, owner: string): Promise<void> {
		if (!this.active) return;
		const keepMs = Math.max(this.settings.deduplicateMs, this.settings.retentionMs);
		await this.persistently(async (inbox) => await inbox.fail([failure], owner, keepMs, this.call()));
	}

	async release(keys: readonly string[], owner: string): Promise<void> {
		if (!this.active) return;
		await this.persistently(async (inbox) => await inbox.release(keys, owner, this.call()));
	}

	call(): CallOptions {
		return within(CALL_TIMEOUT_MS);
	}

	private async persistently<T>(operation: (inbox: Inbox) => Promise<T>): Promise<T> {
		for (let failures = 1; ; failures += 1) {
			try {
				return await operation(this.session().inbox);
			} catch (error) {
				if (failures >= GIVE_UP_AFTER_FAILURES || this.isHopeless()) throw error;
				this.host.logger.debug(`The inbox did not answer and is asked again: ${messageOf(error)}`);
				const waitMs = backoffDelay(RECONNECT_BACKOFF, failures, this.host.random());
				await this.host.clock.sleep(waitMs, new AbortController().signal);
			}
		}
	}

	/** The session is gone, and there will be no other. */
	private isHopeless(): boolean {
		return this.stopping.aborted && this.session().over.aborted;
	}
}
