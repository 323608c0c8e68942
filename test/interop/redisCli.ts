/**
 * redis-cli, the command line client of Redis.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Server } from '../../scripts/servers/server';
import { ensureProgram } from '../../scripts/toolchain/systemProgram';
import { runProgram } from './foreignProgram';

/** Installs it where it is missing. @throws SetupError */
export async function ensureRedisCli(): Promise<string> {
	return await ensureProgram(
		{ title: 'redis-cli', variable: 'REDIS_CLI', names: ['redis-cli'], debianPackage: 'redis-tools' },
		() => undefined,
	);
}

/** @returns the answer, as JSON */
export async function redisCli({ host, port }: Server, ...command: readonly string[]): Promise<unknown> {
	const output = await runProgram(await ensureRedisCli(), ['-h', host, '-p', String(port), '--json', ...command]);
	return JSON.parse(output.toString());
}

/** The first message that a subscriber of a channel gets after `publish`. */
export async function subscribedMessage(
	{ host, port }: Server,
	channel: string,
	publish: () => Promise<unknown>,
): Promise<string> {
	const args = ['-h', host, '-p', String(port), 'SUBSCRIBE', channel];
	const child = spawn(await ensureRedisCli(), args, { timeout: 20_000, stdio: ['ignore', 'pipe', 'inherit'] });
	try {
		const lines: string[] = [];
		// Three lines a message: its kind, the channel, and what was sent; the first tells of the subscription.
		for await (const line of createInterface(child.stdout)) {
			lines.push(line);
			if (lines.length === 3) await publish();
			if (lines.length === 6) return line;
		}
		throw new Error(`No message came from ${channel}: ${lines.join(' ')}`);
	} finally {
		child.kill();
	}
}
