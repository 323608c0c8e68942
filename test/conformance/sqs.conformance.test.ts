/**
 * AWS SQS and SNS against the suite.
 */
import { sqsUnderTest } from './sqs/sqsUnderTest';
import { conformance } from './suite';

conformance(sqsUnderTest());
