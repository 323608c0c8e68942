/**
 * Redis Streams against the suite.
 */
import { redisStreamsUnderTest } from './redis/redisStreamsUnderTest';
import { conformance } from './suite';

conformance(redisStreamsUnderTest());
