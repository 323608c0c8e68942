/**
 * A Redis server that lives as long as a test, in memory only.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { freePort } from '../../scripts/n8n/freePort';
import { ensureRedisServer } from '../../scripts/toolchain/redisServer';
import { until } from '../conformance/waiting';

export class TemporaryRedis implements AsyncDisposable {
	private constructor(
		private readonly child: ChildProcess,
		readonly port: number,
	) {}

	static async start(): Promise<TemporaryRedis> {
		const bin = await ensureRedisServer(() => undefined);
		const port = await freePort(0);
		const settings = [
			'--port',
			String(port),
			'--bind',
			'127.0.0.1',
			'--save',
			'',
			'--appendonly',
			'no',
			'--dir',
			tmpdir(),
		];
		const redis = new TemporaryRedis(spawn(bin, settings, { stdio: 'ignore' }), port);
		try {
			await until('Redis answers', async () => await redis.answers());
			return redis;
		} catch (error) {
			await redis[Symbol.asyncDispose]();
			throw error;
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.child.exitCode !== null || this.child.signalCode !== null) return;
		const ended = new Promise((resolve) => this.child.once('exit', resolve));
		this.child.kill();
		await ended;
	}

	private async answers(): Promise<boolean> {
		return await new Promise((resolve) => {
			const socket = connect(this.port, '127.0.0.1');
			socket.once('connect', () => {
				socket.destroy();
				resolve(true);
			});
			socket.once('error', () => {
				resolve(false);
			});
		});
	}
}
