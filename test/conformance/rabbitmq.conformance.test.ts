/**
 * RabbitMQ against the suite.
 */
import { rabbitmqUnderTest } from './rabbitmq/rabbitmqUnderTest';
import { conformance } from './suite';

conformance(rabbitmqUnderTest());
