/**
 * AWS SQS and SNS with FIFO topics and queues against the suite.
 */
import { fifoUnderTest } from './sqs/sqsUnderTest';
import { conformance } from './suite';

conformance(fifoUnderTest());
