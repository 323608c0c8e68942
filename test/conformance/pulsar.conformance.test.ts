/**
 * Apache Pulsar against the suite.
 */
import { pulsarUnderTest } from './pulsar/pulsarUnderTest';
import { conformance } from './suite';

conformance(pulsarUnderTest());
