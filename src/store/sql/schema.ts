/**
 * The tables of the store, one text for both engines.
 */
import { type Dialect, wordsOf } from './dialect';

/** Facts that few events have, as a condition: only with these very words an index finds them. */
export const RARE_FACTS = "kind <> 'published' AND kind <> 'started' AND kind <> 'done'";

/** Script n takes the schema from version n to n + 1. Only ever appended to. */
export function storeMigrations(dialect: Dialect): readonly string[] {
	const { text, integer, serial, double, end, clustered } = wordsOf(dialect);
	return [
		`-- One row: the position of the newest event. Whoever appends holds it until the commit, so that positions become
		-- visible in their order and no reader passes over one that comes later.
		CREATE TABLE log_head (id ${integer} PRIMARY KEY, position ${integer} NOT NULL) ${end};
		INSERT INTO log_head (id, position) VALUES (1, 0);

		CREATE TABLE stream (
			name ${text} PRIMARY KEY,
			category ${text} NOT NULL,
			version ${integer} NOT NULL,
			created_at ${integer} NOT NULL,
			updated_at ${integer} NOT NULL
		) ${end};

		CREATE TABLE event (
			position ${integer} PRIMARY KEY,
			stream ${text} NOT NULL,
			version ${integer} NOT NULL,
			event_id ${text} NOT NULL,
			type ${text} NOT NULL,
			type_version ${text} NOT NULL,
			category ${text} NOT NULL,
			correlation_id ${text} NOT NULL,
			recorded_at ${integer} NOT NULL,
			-- The envelope.
			body ${text} NOT NULL
		) ${end};
		CREATE UNIQUE INDEX event_version ON event (stream, version);
		CREATE UNIQUE INDEX event_identity ON event (stream, event_id);
		CREATE INDEX event_type ON event (type, position);
		CREATE INDEX event_category ON event (category, position);
		CREATE INDEX event_correlation ON event (correlation_id, position);

		-- The newest state of a stream that a set of rules was folded to.
		CREATE TABLE snapshot (
			stream ${text} NOT NULL,
			rules ${text} NOT NULL,
			version ${integer} NOT NULL,
			-- The latest occurred_at among the events in it.
			latest_at ${integer} NOT NULL,
			state ${text} NOT NULL,
			PRIMARY KEY (stream, rules)
		) ${end};

		CREATE TABLE document (
			model ${text} NOT NULL,
			id ${text} NOT NULL,
			version ${integer} NOT NULL,
			updated_at ${integer} NOT NULL,
			data ${text} NOT NULL,
			PRIMARY KEY (model, id)
		) ${end};

		-- What documents are found by: one row a simple value in them.
		CREATE TABLE document_value (
			model ${text} NOT NULL,
			id ${text} NOT NULL,
			path ${text} NOT NULL,
			-- Among the values of its path: a list has several.
			nth ${integer} NOT NULL,
			kind ${integer} NOT NULL,
			num ${double},
			str ${text}
		) ${end};
		CREATE INDEX document_value_owner ON document_value (model, id, path, nth);
		CREATE INDEX document_value_num ON document_value (model, path, num, id) WHERE num IS NOT NULL;
		CREATE INDEX document_value_str ON document_value (model, path, str, id) WHERE str IS NOT NULL;

		-- Which changes were made to which documents, so that an event that comes twice counts once.
		CREATE TABLE document_change (
			model ${text} NOT NULL,
			id ${text} NOT NULL,
			change ${text} NOT NULL,
			at ${integer} NOT NULL,
			PRIMARY KEY (model, id, change)
		) ${end};
		CREATE INDEX document_change_age ON document_change (at);

		-- Events that are still to be handed to a bus.
		CREATE TABLE outbox (
			target ${text} NOT NULL,
			position ${integer} NOT NULL,
			channel ${text} NOT NULL,
			PRIMARY KEY (target, position)
		) ${end};

		-- Who may do what only one may do at a time.
		CREATE TABLE lease (
			name ${text} PRIMARY KEY,
			owner ${text} NOT NULL,
			lease_until ${integer} NOT NULL
		) ${end};

		-- A catch-up subscription: everything up to position is settled, and of what follows the ranges in settled.
		CREATE TABLE subscription (
			name ${text} PRIMARY KEY,
			filter ${text} NOT NULL,
			position ${integer} NOT NULL,
			settled ${text} NOT NULL,
			generation ${integer} NOT NULL,
			paused ${integer} NOT NULL,
			-- 1: goes when nobody reads it any more.
			ephemeral ${integer} NOT NULL,
			updated_at ${integer} NOT NULL
		) ${end};

		-- What a subscription could not process, and what of it is to be tried again.
		CREATE TABLE parked (
			id ${serial},
			subscription ${text} NOT NULL,
			-- dead: a dead letter; due: handed to the subscription again from due_at on.
			state ${text} NOT NULL,
			due_at ${integer} NOT NULL,
			lane ${text} NOT NULL,
			message ${text} NOT NULL
		) ${end};
		CREATE INDEX parked_of ON parked (subscription, state, id);

		-- One row a saga, written together with its facts.
		CREATE TABLE saga (
			id ${text} PRIMARY KEY,
			name ${text} NOT NULL,
			status ${text} NOT NULL,
			correlation_id ${text} NOT NULL,
			version ${integer} NOT NULL,
			error ${text},
			started_at ${integer} NOT NULL,
			updated_at ${integer} NOT NULL,
			-- When somebody must look after it; null: it has ended.
			due_at ${integer}
		) ${end};
		CREATE INDEX saga_due ON saga (due_at) WHERE due_at IS NOT NULL;
		CREATE INDEX saga_age ON saga (started_at, id);
		CREATE INDEX saga_status ON saga (status, started_at);
		CREATE INDEX saga_correlation ON saga (correlation_id);

		CREATE TABLE store_identity (id ${integer} PRIMARY KEY, name ${text} NOT NULL) ${end};

		-- What is remembered of events: each once, whoever reported it first.
		CREATE TABLE trail_event (
			seq ${serial},
			event_id ${text} NOT NULL,
			source ${text} NOT NULL,
			type ${text} NOT NULL,
			type_version ${text} NOT NULL,
			correlation_id ${text} NOT NULL,
			causation_id ${text},
			-- Of its first fact.
			at ${integer} NOT NULL,
			-- Bytes of all events up to this one, roughly: what the trail takes is the difference of two of them.
			upto ${integer} NOT NULL,
			subject ${text},
			hops ${integer} NOT NULL,
			occurred_at ${text} NOT NULL,
			-- JSON, or its beginning, or nothing.
			payload ${text},
			-- Of the whole payload, where only its beginning is kept.
			payload_bytes ${integer}
		) ${end};
		CREATE UNIQUE INDEX trail_event_identity ON trail_event (event_id, source);
		CREATE INDEX trail_event_correlation ON trail_event (correlation_id, at, seq);
		CREATE INDEX trail_event_at ON trail_event (at, seq);
		CREATE INDEX trail_event_type ON trail_event (type, at, seq);
		CREATE INDEX trail_event_source ON trail_event (source, at, seq);

		-- What happened to them.
		CREATE TABLE trail_fact (
			event ${integer} NOT NULL,
			at ${integer} NOT NULL,
			-- Tells facts of one millisecond apart, so that a fact that is written again stays one.
			mark ${integer} NOT NULL,
			kind ${text} NOT NULL,
			channel ${text} NOT NULL,
			consumer_group ${text},
			service ${text} NOT NULL,
			attempt ${integer},
			workflow_id ${text},
			-- The rest.
			body ${text} NOT NULL,
			PRIMARY KEY (event, at, mark)
		) ${clustered};
		CREATE INDEX trail_fact_at ON trail_fact (at, event, mark);
		CREATE INDEX trail_fact_rare ON trail_fact (kind, event) WHERE ${RARE_FACTS};`,
	];
}
