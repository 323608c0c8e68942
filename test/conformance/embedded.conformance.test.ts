/**
 * The embedded broker against the suite.
 */
import { embeddedUnderTest } from './embedded/embeddedUnderTest';
import { conformance } from './suite';

conformance(embeddedUnderTest());
