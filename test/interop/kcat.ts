/**
 * kcat, the command line client of Kafka.
 */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../../scripts/servers/server';
import { ensureProgram } from '../../scripts/toolchain/systemProgram';
import { runProgram } from './foreignProgram';

export interface KafkaRecord {
	readonly key: string | null;
	readonly headers: Readonly<Record<string, string>>;
	/** null: a tombstone. */
	readonly payload: string | null;
}

export interface ToProduce {
	/** null: a tombstone. */
	readonly body: string | Uint8Array | null;
	readonly key?: string;
	readonly headers?: Readonly<Record<string, string>>;
}

/** Installs it where it is missing. @throws SetupError */
export async function ensureKcat(): Promise<string> {
	return await ensureProgram(
		{ title: 'kcat', variable: 'KCAT', names: ['kcat', 'kafkacat'], debianPackage: 'kcat' },
		() => undefined,
	);
}

export class Kcat {
	/** @param settings of librdkafka */
	constructor(
		private readonly server: Server,
		private readonly settings: Readonly<Record<string, string>> = {},
	) {}

	async produce(topic: string, { body, key, headers = {} }: ToProduce): Promise<void> {
		const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
		const to = ['-P', '-t', topic, ...named];
		if (body === null) {
			// The value after the colon is empty, and -Z makes that null.
			await this.run([...to, '-Z', '-K', ':'], `${key ?? ''}:\n`);
			return;
		}
		// A file is one message, whatever bytes it has; standard input is a message a line.
		await withFile(body, async (file) => await this.run([...to, ...(key === undefined ? [] : ['-k', key]), file]));
	}

	/** The first `count` records of a topic; waits for them. */
	async consume(topic: string, count = 1): Promise<readonly KafkaRecord[]> {
		const output = await this.run(['-C', '-q', '-J', '-t', topic, '-o', 'beginning', '-c', String(count)]);
		return output.toString().trimEnd().split('\n').map(recordOf);
	}

	/** The bytes of the first records. */
	async consumeBytes(topic: string, count = 1): Promise<Buffer> {
		return await this.run(['-C', '-q', '-t', topic, '-o', 'beginning', '-c', String(count), '-f', '%s']);
	}

	private async run(args: readonly string[], input = ''): Promise<Buffer> {
		const { host, port } = this.server;
		const settings = Object.entries(this.settings).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
		return await runProgram(await ensureKcat(), ['-b', `${host}:${port}`, ...settings, ...args], { input });
	}
}

function recordOf(line: string): KafkaRecord {
	const { key, headers, payload } = JSON.parse(line) as {
		key: string | null;
		headers?: string[];
		payload: string | null;
	};
	const pairs = (headers ?? []).flatMap((name, index, all) => (index % 2 === 0 ? [[name, all[index + 1] ?? '']] : []));
	return { key, payload, headers: Object.fromEntries(pairs) as Record<string, string> };
}

async function withFile(content: string | Uint8Array, use: (file: string) => Promise<unknown>): Promise<void> {
	const folder = await mkdtemp(join(await realpath(tmpdir()), 'event-bus-interop-'));
	try {
		const file = join(folder, 'message');
		await writeFile(file, content);
		await use(file);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
