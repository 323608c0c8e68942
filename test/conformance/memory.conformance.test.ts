/**
 * The suite itself: green on a broker that is right.
 */
import { memoryUnderTest } from './memory/memoryUnderTest';
import { conformance } from './suite';

conformance(memoryUnderTest());
