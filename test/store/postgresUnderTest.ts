/**
 * PostgreSQL: one server for a file of tests, a schema a case.
 */
import { Client } from 'pg';
import { type PostgresOptions, startPostgres } from '../../scripts/servers/postgres';
import type { Server } from '../../scripts/servers/server';
import type { StorePlace, StoreUnderTest } from './storeUnderTest';

export class PostgresUnderTest implements StoreUnderTest {
	readonly label = 'PostgreSQL';
	private running: Server | null = null;
	private schemas = 0;

	constructor(private readonly options: PostgresOptions = {}) {}

	get server(): Server {
		if (!this.running) throw new Error('PostgreSQL does not run');
		return this.running;
	}

	async start(): Promise<void> {
		this.running = await startPostgres(this.options);
	}

	async stop(): Promise<void> {
		await this.running?.[Symbol.asyncDispose]();
		this.running = null;
	}

	/** @param port of a proxy in front of the server */
	async makePlace(port?: number): Promise<StorePlace & { readonly schema: string }> {
		this.schemas += 1;
		// Needs quotes, as a careless statement would show.
		const schema = `Store "${this.schemas}"`;
		return {
			schema,
			url: `${this.server.url(port)}?schema=${encodeURIComponent(schema)}`,
			pretendNewer: async () => {
				const table = `${quoted(schema)}.schema_version`;
				await this.sql(`UPDATE ${table} SET version = 1000 WHERE module = 'store'`);
			},
			remove: async () => {
				await this.sql(`DROP SCHEMA IF EXISTS ${quoted(schema)} CASCADE`);
			},
		};
	}

	/** As the superuser. */
	async sql<Row extends object>(text: string): Promise<readonly Row[]> {
		const client = await this.client();
		try {
			return (await client.query<Row>(text)).rows;
		} finally {
			await client.end();
		}
	}

	/** Of the superuser; whoever asks ends it. */
	async client(): Promise<Client> {
		const client = new Client({ connectionString: this.server.url() });
		client.on('error', () => undefined);
		await client.connect();
		return client;
	}
}

export function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}
