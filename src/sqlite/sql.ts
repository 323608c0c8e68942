/**
 * A thin typed face of node:sqlite: statements are prepared once, and the row casts of the whole package are here.
 *
 * Only types are imported, so that loading this file on a Node without node:sqlite does no harm.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

export type SqlValue = SQLInputValue;

/** Statements with lists of values exist in as many forms as lists have lengths; the oldest are prepared again. */
const MAX_STATEMENTS = 500;

export class Sql {
	private readonly statements = new Map<string, StatementSync>();

	constructor(private readonly database: DatabaseSync) {}

	/** Runs any number of statements without parameters. */
	execute(script: string): void {
		this.database.exec(script);
	}

	/** @typeParam Row the columns the query selects; not checked at run time */
	all<Row>(query: string, ...values: readonly SqlValue[]): Row[] {
		return this.statement(query).all(...values) as Row[];
	}

	/** The first row. */
	get<Row>(query: string, ...values: readonly SqlValue[]): Row | undefined {
		return this.statement(query).get(...values) as Row | undefined;
	}

	/** Returns how many rows changed. */
	run(query: string, ...values: readonly SqlValue[]): number {
		return Number(this.statement(query).run(...values).changes);
	}

	/** Returns the row id of the inserted row. */
	insert(query: string, ...values: readonly SqlValue[]): number {
		return Number(this.statement(query).run(...values).lastInsertRowid);
	}

	close(): void {
		this.statements.clear();
		this.database.close();
	}

	private statement(query: string): StatementSync {
		const known = this.statements.get(query);
		if (known) return known;
		const [oldest] = this.statements.keys();
		if (oldest !== undefined && this.statements.size >= MAX_STATEMENTS) this.statements.delete(oldest);
		const prepared = this.database.prepare(query);
		this.statements.set(query, prepared);
		return prepared;
	}
}
