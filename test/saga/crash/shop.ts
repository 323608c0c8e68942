/**
 * Inventory, payment and shipping behind one address, with their books in a database of their own: what they were asked
 * that they should not have been is written down.
 */
import { DatabaseSync } from 'node:sqlite';
import { HttpService, type Reply, type Request } from './httpService';

const TABLES = `
	CREATE TABLE stock (left INTEGER NOT NULL);
	CREATE TABLE reservation (saga TEXT PRIMARY KEY, quantity INTEGER NOT NULL);
	CREATE TABLE charge (saga TEXT PRIMARY KEY, amount INTEGER NOT NULL, refunded INTEGER NOT NULL DEFAULT 0);
	CREATE TABLE shipment (saga TEXT PRIMARY KEY);
	CREATE TABLE violation (text TEXT NOT NULL)`;

export interface Books {
	readonly stock: number;
	readonly reserved: number;
	readonly charged: number;
	readonly refunded: number;
	readonly shipped: number;
	readonly violations: readonly string[];
}

export type Declines = 'nothing' | 'the charge' | 'the shipment';

export class Shop implements AsyncDisposable {
	private readonly database = new DatabaseSync(':memory:');
	private service: HttpService | null = null;

	private constructor(private readonly declines: (sagaId: string) => Declines) {}

	static async open(stock: number, declines: (sagaId: string) => Declines): Promise<Shop> {
		const shop = new Shop(declines);
		shop.database.exec(TABLES);
		shop.run('INSERT INTO stock VALUES (?)', stock);
		shop.service = await HttpService.start((request) => shop.handle(request));
		return shop;
	}

	get url(): string {
		return this.service?.url ?? '';
	}

	/** Requests beyond the first of their key. */
	get repeated(): number {
		return this.service?.repeated ?? 0;
	}

	get books(): Books {
		return {
			stock: this.number('SELECT left FROM stock'),
			reserved: this.number('SELECT COALESCE(SUM(quantity), 0) FROM reservation'),
			charged: this.number('SELECT COUNT(*) FROM charge WHERE refunded = 0'),
			refunded: this.number('SELECT COUNT(*) FROM charge WHERE refunded = 1'),
			shipped: this.number('SELECT COUNT(*) FROM shipment'),
			violations: this.database
				.prepare('SELECT text FROM violation')
				.all()
				.map(({ text }) => String(text)),
		};
	}

	/** Of one order: 'reserved, charged, shipped'. */
	standOf(sagaId: string): string {
		const stands = {
			reserved: this.has('reservation', sagaId),
			charged: this.has('charge', sagaId) && !this.isRefunded(sagaId),
			shipped: this.has('shipment', sagaId),
		};
		return Object.entries(stands)
			.filter(([, stand]) => stand)
			.map(([name]) => name)
			.join(', ');
	}

	private handle({ sagaId, place }: Request): Reply {
		switch (place) {
			case 'reserve':
				this.once('reservation', sagaId);
				this.run('UPDATE stock SET left = left - 1');
				this.run('INSERT INTO reservation VALUES (?, 1)', sagaId);
				break;
			case 'charge':
				if (!this.has('reservation', sagaId)) this.violated(`${sagaId} is charged without a reservation`);
				if (this.declines(sagaId) === 'the charge') return { status: 402, body: { reason: 'declined' } };
				this.once('charge', sagaId);
				this.run('INSERT INTO charge (saga, amount) VALUES (?, 100)', sagaId);
				break;
			case 'ship':
				if (!this.has('charge', sagaId)) this.violated(`${sagaId} is shipped and not paid`);
				if (this.declines(sagaId) === 'the shipment') return { status: 422, body: { reason: 'no such address' } };
				this.once('shipment', sagaId);
				this.run('INSERT INTO shipment VALUES (?)', sagaId);
				break;
			case 'undo charge':
				if (!this.has('reservation', sagaId)) this.violated(`${sagaId} is refunded after its reservation was released`);
				if (this.has('shipment', sagaId)) this.violated(`${sagaId} is refunded though it was shipped`);
				this.run('UPDATE charge SET refunded = 1 WHERE saga = ?', sagaId);
				break;
			case 'undo reserve':
				if (this.has('charge', sagaId) && !this.isRefunded(sagaId)) this.violated(`${sagaId} is released while paid`);
				// An attempt of which nobody knows the end is undone too: there may be nothing to undo.
				if (!this.has('reservation', sagaId)) break;
				this.run('DELETE FROM reservation WHERE saga = ?', sagaId);
				this.run('UPDATE stock SET left = left + 1');
				break;
			default:
				this.violated(`${sagaId} asks for ${place}`);
		}
		return { status: 200, body: { place } };
	}

	private once(table: string, sagaId: string): void {
		if (this.has(table, sagaId)) this.violated(`${sagaId} has a second ${table}`);
	}

	private has(table: string, sagaId: string): boolean {
		return this.database.prepare(`SELECT 1 FROM ${table} WHERE saga = ?`).get(sagaId) !== undefined;
	}

	private isRefunded(sagaId: string): boolean {
		return this.database.prepare('SELECT 1 FROM charge WHERE saga = ? AND refunded = 1').get(sagaId) !== undefined;
	}

	private violated(text: string): void {
		this.run('INSERT INTO violation VALUES (?)', text);
	}

	private run(sql: string, ...values: readonly (string | number)[]): void {
		this.database.prepare(sql).run(...values);
	}

	private number(sql: string): number {
		return Number(Object.values(this.database.prepare(sql).get() ?? {})[0]);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.service?.[Symbol.asyncDispose]();
		this.database.close();
	}
}
