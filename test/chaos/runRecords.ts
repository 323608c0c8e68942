/**
 * n8n's own records of what it ran, read from its database file after it has stopped: the witness that is not ours.
 */
import { DatabaseSync } from 'node:sqlite';
import { parseFlatted } from '../e2e/executions';
import type { TemporaryN8n } from '../e2e/temporaryN8n';

export interface RunRecord {
	readonly executionId: number;
	readonly workflowId: string;
	/** success, error, crashed, running: the last two were cut. */
	readonly status: string;
	/** The event that started it: source and event_id; null when n8n had not yet stored what started it. */
	readonly event: string | null;
	/** Milliseconds since the epoch. */
	readonly createdAt: number;
	/** Milliseconds since the epoch; null: it never ended. */
	readonly stoppedAt: number | null;
}

interface Row {
	readonly id: number;
	readonly workflowId: string;
	readonly status: string;
	readonly createdAt: string;
	readonly stoppedAt: string | null;
	readonly data: string;
}

/** Every run of the workflows, oldest first. n8n must not be running. */
export function runRecords(n8n: TemporaryN8n, workflowIds: readonly string[]): readonly RunRecord[] {
	const database = new DatabaseSync(n8n.database, { readOnly: true });
	try {
		const rows = database
			.prepare(
				`SELECT e.id, e.workflowId, e.status, e.createdAt, e.stoppedAt, coalesce(d.data, '') AS data
				FROM execution_entity e LEFT JOIN execution_data d ON d.executionId = e.id
				WHERE e.workflowId IN (${workflowIds.map(() => '?').join(', ')}) ORDER BY e.id`,
			)
			.all(...workflowIds) as unknown as Row[];
		return rows.map(({ id, workflowId, status, createdAt, stoppedAt, data }) => ({
			executionId: id,
			workflowId,
			status,
			event: data === '' ? null : eventThatStarted(parseFlatted(n8n, data)),
			createdAt: timeOf(createdAt),
			stoppedAt: stoppedAt === null ? null : timeOf(stoppedAt),
		}));
	} finally {
		database.close();
	}
}

/** n8n writes UTC without saying so. */
function timeOf(text: string): number {
	return Date.parse(`${text.replace(' ', 'T').replace(/Z$/, '')}Z`);
}

/** A finished run holds the trigger's output; one that was cut still has the trigger on its stack. */
function eventThatStarted(run: unknown): string | null {
	const event = findDelivered(run);
	return event ? `${event.source} ${event.event_id}` : null;
}

interface Delivered {
	readonly source: string;
	readonly event_id: string;
}

function findDelivered(value: unknown, seen = new Set<unknown>()): Delivered | null {
	if (typeof value !== 'object' || value === null || seen.has(value)) return null;
	seen.add(value);
	if (isDelivered(value)) return value;
	for (const inner of Object.values(value)) {
		const found = findDelivered(inner, seen);
		if (found) return found;
	}
	return null;
}

/** Only what the trigger gave has `delivery`; what a node published has not. */
function isDelivered(value: object): value is Delivered {
	return 'delivery' in value && 'event_id' in value && 'source' in value;
}
