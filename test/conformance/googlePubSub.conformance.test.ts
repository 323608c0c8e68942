/**
 * Google Pub/Sub against the suite.
 */
import { googlePubSubUnderTest } from './googlePubSub/googlePubSubUnderTest';
import { conformance } from './suite';

conformance(googlePubSubUnderTest());
