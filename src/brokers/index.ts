/**
 * Every broker, one line each. The order is that of the list a person chooses from.
 */
import type { BrokerManifest } from '../broker/types';
import { embedded } from './embedded/manifest';
import { googlePubSub } from './googlePubSub/manifest';
import { kafka } from './kafka/manifest';
import { pulsar } from './pulsar/manifest';
import { rabbitmq } from './rabbitmq/manifest';
import { redisPubSub } from './redis/pubSub/manifest';
import { redisStreams } from './redis/streams/manifest';
import { sqs } from './sqs/manifest';

export const manifests: readonly BrokerManifest[] = [
	embedded,
	rabbitmq,
	kafka,
	sqs,
	googlePubSub,
	redisStreams,
	redisPubSub,
	pulsar,
];
