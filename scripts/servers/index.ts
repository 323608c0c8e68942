/**
 * Every server that can be started, one line each.
 */
import { kafkaServer } from './kafka';
import { pubSubServer } from './pubsub';
import { pulsarServer } from './pulsar';
import { rabbitmqServer } from './rabbitmq';
import { redisPubSubServer, redisStreamsServer } from './redis';
import type { ServerRecipe } from './server';
import { sqsServer } from './sqs';

export const serverRecipes: readonly ServerRecipe[] = [
	rabbitmqServer,
	kafkaServer,
	sqsServer,
	pubSubServer,
	redisStreamsServer,
	redisPubSubServer,
	pulsarServer,
];

/** @returns null for brokers that need no server */
export function serverRecipeOf(kind: string): ServerRecipe | null {
	return serverRecipes.find((recipe) => recipe.kind === kind) ?? null;
}
