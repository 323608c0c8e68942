/**
 * The event store on PostgreSQL, read as the Event Store Trigger reads it, against the suite.
 */
import { postgresLogUnderTest } from './eventStore/postgresLogUnderTest';
import { conformance } from './suite';

conformance(postgresLogUnderTest());
