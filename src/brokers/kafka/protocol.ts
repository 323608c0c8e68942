/**
 * The part of Kafka's protocol that this adapter speaks: what goes into its requests and comes back, whatever client
 * carries them. Offsets and timestamps come as decimal texts.
 */

/** Error codes that mean something to us. */
export const CODE = {
	/** Something went wrong inside the server. */
	unknownServerError: -1,
	none: 0,
	offsetOutOfRange: 1,
	unknownTopic: 3,
	leaderNotAvailable: 5,
	notLeader: 6,
	requestTimedOut: 7,
	messageTooLarge: 10,
	offsetMetadataTooLarge: 12,
	coordinatorLoading: 14,
	coordinatorNotAvailable: 15,
	notCoordinator: 16,
	invalidTopic: 17,
	recordListTooLarge: 18,
	notEnoughReplicas: 19,
	notEnoughReplicasAfterAppend: 20,
	illegalGeneration: 22,
	inconsistentProtocol: 23,
	unknownMember: 25,
	invalidSessionTimeout: 26,
	rebalanceInProgress: 27,
	topicAuthorization: 29,
	groupAuthorization: 30,
	clusterAuthorization: 31,
	topicExists: 36,
	invalidPartitions: 37,
	invalidReplicationFactor: 38,
	invalidConfig: 40,
	notController: 41,
	policyViolation: 44,
	outOfOrderSequence: 45,
	duplicateSequence: 46,
	invalidProducerEpoch: 47,
	saslAuthenticationFailed: 58,
	unknownProducer: 59,
	kafkaStorage: 56,
	invalidProducerMapping: 49,
	nonEmptyGroup: 68,
	groupNotFound: 69,
	fencedLeaderEpoch: 74,
	unknownLeaderEpoch: 75,
	memberIdRequired: 79,
} as const;

/** An answer that says no. */
export class KafkaError extends Error {
	override readonly name = 'KafkaError';

	constructor(
		readonly code: number,
		message: string,
	) {
		super(message);
	}
}

export interface TopicPartition {
	readonly topic: string;
	readonly partition: number;
}

export interface NodeAddress {
	readonly nodeId: number;
	readonly host: string;
	readonly port: number;
}

export interface TopicMetadata {
	readonly topic: string;
	readonly topicErrorCode: number;
	readonly partitionMetadata: readonly {
		readonly partitionId: number;
		readonly partitionErrorCode: number;
		/** -1: none at the moment. */
		readonly leader: number;
	}[];
}

export interface Metadata {
	readonly brokers: readonly NodeAddress[];
	readonly controllerId: number;
	readonly topicMetadata: readonly TopicMetadata[];
}

export interface OutgoingRecord {
	readonly key: Buffer | null;
	readonly value: Buffer | null;
	readonly headers: Readonly<Record<string, string>>;
	/** Milliseconds since the epoch. */
	readonly timestamp: string;
}

export interface IncomingRecord {
	readonly offset: string;
	readonly timestamp: string;
	readonly key: Buffer | null;
	readonly value: Buffer | null;
	/** Several values of one name come as a list; undefined in the format of before Kafka 0.11. */
	readonly headers?: Readonly<Record<string, Buffer | null | readonly (Buffer | null)[]>>;
	readonly isControlRecord: boolean;
	readonly batchContext?: {
		readonly producerId: string;
		readonly inTransaction: boolean;
		readonly lastOffsetDelta: number;
		readonly firstOffset: string;
	};
}

export interface FetchedPartition {
	readonly partition: number;
	readonly errorCode: number;
	readonly highWatermark: string;
	/** Up to here no transaction is open; what is before it can be read. */
	readonly lastStableOffset: string;
	readonly abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
	readonly messages: readonly IncomingRecord[];
}

/** What each request answers. */
export interface Answers {
	Metadata: Metadata;
	Produce: {
		readonly topics: readonly {
			readonly topicName: string;
			readonly partitions: readonly {
				readonly partition: number;
				readonly errorCode: number;
				readonly baseOffset: string;
			}[];
		}[];
	};
	Fetch: {
		readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[];
	};
	ListOffsets: {
		readonly responses: readonly {
			readonly topic: string;
			readonly partitions: readonly {
				readonly partition: number;
				readonly errorCode: number;
				readonly offset: string;
				readonly timestamp: string;
			}[];
		}[];
	};
	OffsetCommit: {
		readonly responses: readonly {
			readonly topic: string;
			readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
		}[];
	};
	OffsetFetch: {
		readonly errorCode?: number;
		readonly responses: readonly {
			readonly topic: string;
			readonly partitions: readonly {
				readonly partition: number;
				readonly offset: string;
				readonly metadata: string | null;
				readonly errorCode: number;
			}[];
		}[];
	};
	GroupCoordinator: { readonly errorCode: number; readonly coordinator: NodeAddress };
	JoinGroup: {
		readonly errorCode: number;
		readonly generationId: number;
		readonly leaderId: string;
		readonly memberId: string;
		readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
	};
	SyncGroup: { readonly errorCode: number; readonly memberAssignment: Buffer };
	Heartbeat: { readonly errorCode: number };
	LeaveGroup: { readonly errorCode: number };
	DescribeGroups: {
		readonly groups: readonly {
			readonly errorCode: number;
			readonly groupId: string;
			readonly state: string;
			readonly members: readonly {
				readonly memberId: string;
				readonly clientId: string;
				readonly memberMetadata: Buffer;
			}[];
		}[];
	};
	ListGroups: {
		readonly errorCode: number;
		readonly groups: readonly { readonly groupId: string; readonly protocolType: string }[];
	};
	DeleteGroups: { readonly results: readonly { readonly groupId: string; readonly errorCode: number }[] };
	CreateTopics: { readonly topicErrors: readonly TopicError[] };
	DeleteTopics: { readonly topicErrors: readonly TopicError[] };
	DescribeConfigs: {
		readonly resources: readonly {
			readonly errorCode: number;
			readonly resourceName: string;
			readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
		}[];
	};
	InitProducerId: { readonly errorCode: number; readonly producerId: string; readonly producerEpoch: number };
}

export interface TopicError {
	readonly topic: string;
	readonly errorCode: number;
	readonly errorMessage?: string | null;
}

export type Api = keyof Answers;

/** Numbers of the compressions on the wire. */
export const COMPRESSION = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

export type Compression = keyof typeof COMPRESSION;
