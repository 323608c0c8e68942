/**
 * The event store on SQLite, read as the Event Store Trigger reads it, against the suite.
 */
import { sqliteLogUnderTest } from './eventStore/sqliteLogUnderTest';
import { conformance } from './suite';

conformance(sqliteLogUnderTest());
