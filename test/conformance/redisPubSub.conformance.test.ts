/**
 * Redis Pub/Sub against the suite.
 */
import { redisPubSubUnderTest } from './redis/redisPubSubUnderTest';
import { conformance } from './suite';

conformance(redisPubSubUnderTest());
