/**
 * fauxqs as a program of its own, on this machine only, keeping what it holds in a file.
 *
 * Its own start listens on every interface, and its file (2.4.1) has two faults. When the tags of a queue change, its row
 * is replaced, and the messages go with the old one. A message that is made visible again breaks a rule of its table and
 * is lost.
 *
 * Arguments: port, folder. Ends in good order at SIGTERM.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPO } from '../toolchain/paths';

interface Queue {
	readonly name: string;
	persistence: Persistence;
}

interface Persistence {
	loadSqsAndSns(sqs: SqsStore, sns: SnsStore): void;
	insertQueue(queue: Queue): void;
	updateMessageReady(messageId: string): void;
	readonly db: { prepare(sql: string): { run(...values: readonly string[]): { readonly changes: number } } };
	close(): void;
}

interface SqsStore {
	allQueues(): Iterable<Queue & { readonly tags: ReadonlyMap<string, string>; readonly attributes: object }>;
	persistence: Persistence;
}

interface SnsStore {
	persistence: Persistence;
}

interface App {
	addHook(name: 'preClose', hook: () => void): void;
	listen(at: { readonly port: number; readonly host: string }): Promise<string>;
	close(): Promise<void>;
}

interface Emulator {
	buildApp(options: object): App;
	readonly SqsStore: new () => SqsStore;
	readonly SnsStore: new () => SnsStore;
	readonly PersistenceManager: new (folder: string) => Persistence;
}

async function load(): Promise<Emulator> {
	const files = ['app.js', 'sqs/sqsStore.js', 'sns/snsStore.js', 'persistence.js'];
	const parts = files.map(async (file): Promise<object> => {
		const path = join(REPO, 'node_modules', 'fauxqs', 'dist', file);
		return (await import(pathToFileURL(path).href)) as object;
	});
	return Object.assign({}, ...(await Promise.all(parts))) as Emulator;
}

/** Mends the two faults. */
function keepMessages(persistence: Persistence): void {
	const insert = persistence.insertQueue.bind(persistence);
	const update = persistence.db.prepare('UPDATE sqs_queues SET tags = ?, attributes = ? WHERE name = ?');
	persistence.insertQueue = (queue: Queue & { tags?: ReadonlyMap<string, string>; attributes?: object }) => {
		const tags = JSON.stringify(Object.fromEntries(queue.tags ?? []));
		const { changes } = update.run(tags, JSON.stringify(queue.attributes), queue.name);
		if (changes === 0) insert(queue);
	};
	const ready = 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?';
	const release = persistence.db.prepare(ready);
	persistence.updateMessageReady = (messageId) => void release.run(messageId);
}

async function main(port: number, folder: string): Promise<void> {
	const emulator = await load();
	const sqsStore = new emulator.SqsStore();
	const snsStore = new emulator.SnsStore();
	const persistence = new emulator.PersistenceManager(folder);
	persistence.loadSqsAndSns(sqsStore, snsStore);
	keepMessages(persistence);
	sqsStore.persistence = persistence;
	snsStore.persistence = persistence;
	for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
	const app = emulator.buildApp({ logger: false, stores: { sqsStore, snsStore } });
	app.addHook('preClose', () => persistence.close());
	process.once('SIGTERM', () => void app.close().finally(() => process.exit(0)));
	await app.listen({ port, host: '127.0.0.1' });
}

const [, , port = '', folder = ''] = process.argv;
main(Number(port), folder).catch((error: unknown) => {
	console.error(error);
	process.exit(1);
});
