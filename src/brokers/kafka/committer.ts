/**
 * Makes durable what is settled: one commit at a time, and all that is settled meanwhile goes into the next.
 *
 * Every commit names the member and the round of its group, so that the broker itself refuses a member that has lost its
 * partitions and does not know it yet.
 */
import { EventBusError } from '../../kernel/errors';
import { Bell } from './bounds';
import type { KafkaLink } from './client';
import { writeRecord, type GroupRecord } from './commitRecord';
import { isPassing, kafkaError, mayPass } from './errors';
import type { Lane } from './lane';
import { commitTo, coordinatorOf, type Commit, type Member } from './offsets';
import { CODE, KafkaError } from './protocol';

const BETWEEN_TRIES_MS = 50;
/** Longer than a rebalance takes, and a broker to come back, milliseconds. */
const GIVE_UP_AFTER_MS = 20_000;

/** The round is over, or we are no member: whether the partition is kept shows when the next one begins. */
const ROUND_IS_OVER: ReadonlySet<number> = new Set([
	CODE.illegalGeneration,
	CODE.unknownMember,
	CODE.rebalanceInProgress,
]);

interface ToCommit {
	readonly lane: Lane;
	readonly commit: Commit;
	readonly revision: number;
}

export interface CommitterHost {
	readonly groupId: string;
	/** null: between two rounds, or not any more. */
	member(): Member | null;
	lanes(): readonly Lane[];
	/** Kept beside the position of this lane; null: not with this one. */
	groupRecord(lane: Lane): GroupRecord | null;
	readonly generation: number;
}

export class Committer {
	private readonly bell = new Bell();
	private running: Promise<void> | null = null;
	private queued: Promise<void> | null = null;
	private isOver = false;

	constructor(
		private readonly link: KafkaLink,
		private readonly host: CommitterHost,
	) {}

	/** Resolves when everything that is settled now is confirmed, or belongs to a lost partition. */
	async commit(): Promise<void> {
		this.queued ??= this.afterRunning();
		await this.queued;
	}

	/** Nothing more is tried. */
	stop(): void {
		this.isOver = true;
		this.bell.ring();
	}

	private async afterRunning(): Promise<void> {
		await this.running?.catch(() => undefined);
		this.queued = null;
		this.running = this.commitAll();
		await this.running;
	}

	private async commitAll(): Promise<void> {
		const late = Date.now() + GIVE_UP_AFTER_MS;
		for (;;) {
			const toDo = this.changed();
			if (toDo.length === 0) return;
			if (this.isOver) throw new EventBusError('closed', 'The subscription is closed');
			try {
				if (await this.tryOnce(toDo)) return;
			} catch (error) {
				if (!mayPass(error) || Date.now() > late) throw kafkaError(error, 'committing');
			}
			if (Date.now() > late)
				throw kafkaError(new KafkaError(CODE.coordinatorNotAvailable, this.host.groupId), 'committing');
			await this.bell.wait(BETWEEN_TRIES_MS);
		}
	}

	private async tryOnce(toDo: readonly ToCommit[]): Promise<boolean> {
		const { groupId } = this.host;
		const member = this.host.member();
		if (!member) return false;
		const nodeId = await coordinatorOf(this.link, groupId);
		const commits = toDo.filter(({ lane }) => !lane.isLost).map(({ commit }) => commit);
		if (commits.length === 0) return false;
		const code = await commitTo(this.link, nodeId, groupId, member, commits);
		if (ROUND_IS_OVER.has(code) || isPassing(code)) return false;
		if (code !== CODE.none && code !== CODE.unknownTopic) throw new KafkaError(code, `group ${groupId}`);
		// What was settled while this was under way is for the next one.
		for (const { lane, commit, revision } of toDo) {
			lane.committed = { position: commit.offset, metadata: commit.metadata, revision };
		}
		return true;
	}

	private changed(): readonly ToCommit[] {
		return this.host.lanes().flatMap((lane): ToCommit[] => {
			const { committed, revision } = lane;
			if (!lane.isOpen || committed?.revision === revision) return [];
			const { position, settled } = lane.standing;
			const record = { generation: this.host.generation, settled, group: this.host.groupRecord(lane) };
			const metadata = writeRecord(record, position);
			if (committed && committed.position >= position && sameButTime(committed.metadata, metadata)) return [];
			const commit = { topic: lane.topic, partition: lane.partition, offset: position, metadata };
			return [{ lane, commit, revision }];
		});
	}
}

/** A record that differs only in when it was written says nothing new. */
function sameButTime(a: string, b: string): boolean {
	const withoutTime = (text: string) => text.replace(/"at":\d+/, '');
	return withoutTime(a) === withoutTime(b);
}
