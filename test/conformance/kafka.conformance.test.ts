/**
 * Kafka against the suite.
 */
import { kafkaUnderTest } from './kafka/kafkaUnderTest';
import { conformance } from './suite';

conformance(kafkaUnderTest());
