/**
 * What the owner of a cluster does with it, by a client library of others: topics, rights, and what is in them.
 */
import {
	AclOperationTypes,
	AclPermissionTypes,
	AclResourceTypes,
	Kafka,
	logLevel,
	ResourcePatternTypes,
} from 'kafkajs';
import type { Admin } from 'kafkajs';
import type { Server } from '../../../scripts/servers/server';
import { addressOf } from './kafkaBus';

export interface Right {
	readonly user: string;
	readonly on: 'topic' | 'group' | 'cluster';
	/** The beginning of names; of the cluster: kafka-cluster. */
	readonly prefix: string;
	readonly may: readonly (keyof typeof AclOperationTypes)[];
}

const RESOURCES = {
	topic: AclResourceTypes.TOPIC,
	group: AclResourceTypes.GROUP,
	cluster: AclResourceTypes.CLUSTER,
} as const;

/** Closes with `await using`. */
export async function adminOf(server: Server): Promise<Admin & AsyncDisposable> {
	const kafka = new Kafka({ clientId: 'owner', brokers: [addressOf(server)], logLevel: logLevel.NOTHING });
	const admin = kafka.admin();
	await admin.connect();
	return Object.assign(admin, { [Symbol.asyncDispose]: async () => await admin.disconnect() });
}

export async function makeTopic(
	server: Server,
	topic: string,
	numPartitions: number,
	config: Readonly<Record<string, string>> = {},
): Promise<void> {
	await using admin = await adminOf(server);
	const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
	await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: true });
}

export async function grant(server: Server, rights: readonly Right[]): Promise<void> {
	await using admin = await adminOf(server);
	await admin.createAcls({
		acl: rights.flatMap(({ user, on, prefix, may }) =>
			may.map((operation) => ({
				resourceType: RESOURCES[on],
				resourceName: prefix,
				resourcePatternType: on === 'cluster' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
				principal: `User:${user}`,
				host: '*',
				operation: AclOperationTypes[operation],
				permissionType: AclPermissionTypes.ALLOW,
			})),
		),
	});
}
