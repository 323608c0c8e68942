/**
 * Being a member of a consumer group: joining, heartbeats, rebalances, leaving. Knows who reads what, not what is in it.
 *
 * A rebalance waits for nobody's work: a member joins again at once and goes on with what it keeps. What it loses is
 * said to its owner before anything of the new round is read.
 */
import type { Logger } from '../../kernel/logger';
import { messageOf, type EventBusError } from '../../kernel/errors';
import { shareOut, type MemberClaim } from './assignment';
import { Bell } from './bounds';
import { MemberAssignment, MemberMetadata, type KafkaLink } from './client';
import { check, kafkaError, mayPass } from './errors';
import { readMember, refusedForOf, typesConflict, type MemberRecord } from './memberRecord';
import { coordinatorOf, type Member } from './offsets';
import { CODE, type Answers, type TopicPartition } from './protocol';

const PROTOCOL = 'event-bus';
const BETWEEN_TRIES_MS = 200;
/** The most common bounds of servers, milliseconds (group.min.session.timeout.ms, group.max.session.timeout.ms). */
const USUAL_SESSION_MS = { least: 6000, most: 300_000 } as const;
/** A pause of the process of less than this must not cost it its membership, milliseconds. */
const LEAST_SESSION_MS = 2000;
const LEAST_REBALANCE_MS = 10_000;

export interface MembershipOptions {
	readonly groupId: string;
	readonly types: readonly string[];
	/** How soon others shall have what a killed member had, milliseconds. */
	readonly leaseMs: number;
	readonly logger: Logger;
	/** For the member's record: topics in it are for other programs that look at the group. */
	readonly topics: readonly string[];
	/** All that is to be read, in sets that are shared out each by itself. Asked only of the leader. */
	partitions(): Promise<readonly (readonly TopicPartition[])[]>;
	/** What this member keeps if it may. */
	owned(): readonly TopicPartition[];
	/** A new round has begun: this is what is ours from now on. */
	readonly assigned: (partitions: readonly TopicPartition[]) => void;
	/** Nothing is ours any more. */
	failed(error: EventBusError): void;
}

export class Membership {
	/** Who we are in the current round; null before the first and after the last. */
	current: Member | null = null;
	private readonly since = Date.now();
	private readonly bell = new Bell();
	private readonly ended = new AbortController();
	private isDraining = false;
	private isLeader = false;
	private round = 0;
	private wantsRound = false;
	private memberId = '';
	private sessionMs: number;
	private lastAnswerAt = Date.now();

	/** @param link of its own: a server answers a join only when all have joined, and nothing else meanwhile */
	constructor(
		private readonly link: KafkaLink,
		private readonly options: MembershipOptions,
	) {
		this.sessionMs = Math.max(LEAST_SESSION_MS, Math.min(options.leaseMs, USUAL_SESSION_MS.most));
	}

	/** Runs until `leave` or until it fails for good, which is told once. */
	async run(): Promise<void> {
		try {
			while (!this.hasEnded()) {
				await this.tryFor(async () => await this.join());
				await this.stay();
			}
		} catch (error) {
			if (this.hasEnded()) return;
			this.current = null;
			this.ended.abort();
			this.options.failed(kafkaError(error, `reading as ${this.options.groupId}`));
		}
	}

	/** A new round: there is something else to share out. */
	rejoin(): void {
		this.wantsRound = true;
		this.bell.ring();
	}

	/** From the next round on this member keeps only what it still works on. */
	drain(): void {
		this.isDraining = true;
		this.rejoin();
	}

	/** Whether it is this member that shares out. */
	get leads(): boolean {
		return this.isLeader && this.current !== null;
	}

	/** Others get what was ours at once. */
	async leave(): Promise<void> {
		if (this.hasEnded()) return;
		this.ended.abort();
		this.current = null;
		this.bell.ring();
		const { memberId } = this;
		if (memberId === '') return;
		const { groupId } = this.options;
		try {
			const nodeId = await coordinatorOf(this.link, groupId);
			await this.link.askNode(nodeId, 'LeaveGroup', { groupId, memberId });
		} catch (error) {
			this.options.logger.debug(`Leaving ${groupId} went wrong: ${messageOf(error)}`);
		}
	}

	private hasEnded(): boolean {
		return this.ended.signal.aborted;
	}

	/** On to the next round, or away. */
	private isToMove(): boolean {
		return this.hasEnded() || this.wantsRound;
	}

	private get heartbeatMs(): number {
		return Math.min(1000, Math.max(200, this.sessionMs / 10));
	}

	/** Heartbeats until there is to be a new round. */
	private async stay(): Promise<void> {
		const { groupId } = this.options;
		while (!this.isToMove()) {
			await this.bell.wait(this.heartbeatMs);
			const { current } = this;
			if (this.isToMove() || !current) return;
			const { errorCode } = await this.tryFor(async () => {
				const nodeId = await this.coordinator();
				const { memberId, generationId: groupGenerationId } = current;
				const answer = await this.link.askNode(nodeId, 'Heartbeat', { groupId, memberId, groupGenerationId });
				if (!MEMBER_CODES.has(answer.errorCode)) check(answer.errorCode, `group ${groupId}`);
				return answer;
			});
			if (errorCode === CODE.none) continue;
			if (errorCode !== CODE.rebalanceInProgress) this.loseAll(errorCode);
			return;
		}
	}

	private async join(): Promise<void> {
		const { groupId } = this.options;
		this.wantsRound = false;
		this.round += 1;
		const joined = await this.askToJoin(await this.coordinator());
		if (this.hasEnded()) return;
		if (this.isRoundOver(joined.errorCode)) return;
		check(joined.errorCode, `group ${groupId}`);
		this.memberId = joined.memberId;
		// Nothing can be committed until the shares are known.
		this.current = null;
		const { memberId, generationId } = joined;
		this.isLeader = joined.leaderId === memberId;
		const groupAssignment = this.isLeader ? await this.shareOut(joined) : [];
		const synced = await this.link.askNode(await this.coordinator(), 'SyncGroup', {
			groupId,
			memberId,
			generationId,
			groupAssignment,
		});
		if (this.hasEnded()) return;
		if (this.isRoundOver(synced.errorCode)) return;
		check(synced.errorCode, `group ${groupId}`);
		const assignment = MemberAssignment.decode(synced.memberAssignment);
		const refusedFor = refusedForOf(assignment?.userData);
		if (refusedFor) throw typesConflict(groupId, this.options.types, refusedFor);
		this.current = { memberId, generationId };
		const partitions = Object.entries(assignment?.assignment ?? {}).flatMap(([topic, numbers]) =>
			numbers.map((partition) => ({ topic, partition })),
		);
		this.options.assigned(partitions);
	}

	private async askToJoin(nodeId: number): Promise<Answers['JoinGroup']> {
		const { groupId, topics } = this.options;
		const record: MemberRecord = {
			types: this.options.types,
			since: this.since,
			// These two and nothing else: the broker stores what is said here, and takes little.
			owned: this.options.owned().map(({ topic, partition }) => ({ topic, partition })),
			isDraining: this.isDraining,
			round: this.round,
		};
		const metadata = MemberMetadata.encode({
			version: 1,
			topics,
			userData: Buffer.from(JSON.stringify(record)),
		});
		for (;;) {
			const answer = await this.link.askNode(nodeId, 'JoinGroup', {
				groupId,
				sessionTimeout: this.sessionMs,
				rebalanceTimeout: Math.max(this.sessionMs, LEAST_REBALANCE_MS),
				memberId: this.memberId,
				protocolType: 'consumer',
				groupProtocols: [{ name: PROTOCOL, metadata }],
			});
			if (answer.errorCode === CODE.memberIdRequired) this.memberId = answer.memberId;
			else if (answer.errorCode === CODE.invalidSessionTimeout && this.sessionMs < USUAL_SESSION_MS.least) {
				this.sessionMs = USUAL_SESSION_MS.least;
			} else return answer;
			if (this.hasEnded()) return answer;
		}
	}

	private async shareOut({ members }: Answers['JoinGroup']) {
		const claims = members.map(({ memberId, memberMetadata }): MemberClaim => {
			const record = readMember(memberMetadata);
			const { types = [], since = 0, owned = [], isDraining = false } = record ?? {};
			return { memberId, types, since, owned, isDraining };
		});
		const shares = shareOut(claims, await this.options.partitions());
		return [...shares].map(([memberId, { partitions, refusedFor }]) => {
			const assignment: Record<string, number[]> = {};
			for (const { topic, partition } of partitions) (assignment[topic] ??= []).push(partition);
			const userData = refusedFor ? Buffer.from(JSON.stringify({ refusedFor })) : Buffer.alloc(0);
			return { memberId, memberAssignment: MemberAssignment.encode({ version: 1, assignment, userData }) };
		});
	}

	/** Whether the next round has begun meanwhile, with us or without us. */
	private isRoundOver(code: number): boolean {
		if (code === CODE.rebalanceInProgress) this.rejoin();
		else if (MEMBER_CODES.has(code)) this.loseAll(code);
		return MEMBER_CODES.has(code);
	}

	/** The server took us for dead: others have what was ours. */
	private loseAll(code: number): void {
		const { groupId, logger, assigned } = this.options;
		logger.debug(`Kafka no longer knows this member of ${groupId} (error ${code}); it joins again`);
		this.memberId = '';
		this.current = null;
		assigned([]);
		this.wantsRound = true;
	}

	private async coordinator(): Promise<number> {
		return await coordinatorOf(this.link, this.options.groupId);
	}

	/** Until it succeeds, for as long as we can still be a member. */
	private async tryFor<T>(work: () => Promise<T>): Promise<T> {
		for (;;) {
			try {
				const result = await work();
				this.lastAnswerAt = Date.now();
				return result;
			} catch (error) {
				const late = Date.now() - this.lastAnswerAt > Math.max(this.sessionMs, LEAST_REBALANCE_MS);
				if (this.hasEnded() || late || !mayPass(error)) throw error;
				await this.bell.wait(BETWEEN_TRIES_MS);
			}
		}
	}
}

const MEMBER_CODES: ReadonlySet<number> = new Set([
	CODE.rebalanceInProgress,
	CODE.illegalGeneration,
	CODE.unknownMember,
]);
