/**
 * A Redis Cluster of real servers: three masters that share the slots, and as many replicas as a test wants.
 */
import { freePort } from '../../../scripts/n8n/freePort';
import type { Server } from '../../../scripts/servers/server';
import { until } from '../../conformance/waiting';
import { runProgram } from '../../interop/foreignProgram';
import { ensureRedisCli, redisCli } from '../../interop/redisCli';
import { start } from './redisBus';

const SLOTS = 16_384;
const MASTERS = 3;
/** A master that does not answer for so long is replaced, milliseconds. */
const NODE_TIMEOUT_MS = 1500;

export class Cluster implements AsyncDisposable {
	private constructor(
		readonly masters: readonly Server[],
		/** Of the first master. */
		readonly replica: Server | null,
	) {}

	static async start({ withReplica = false } = {}): Promise<Cluster> {
		const nodes: { readonly server: Server; readonly busPort: number }[] = [];
		for (let n = 0; n < MASTERS + (withReplica ? 1 : 0); n += 1) {
			const port = await freePort(0);
			// By default ten thousand above the port, which need not be free.
			const busPort = await freePort(0, port);
			const settings = {
				'cluster-enabled': 'yes',
				'cluster-port': busPort,
				'cluster-node-timeout': NODE_TIMEOUT_MS,
				'repl-diskless-sync-delay': 0,
			};
			nodes.push({ server: await start({ port, settings }), busPort });
		}
		const servers = nodes.map(({ server }) => server);
		const [first, ...others] = nodes;
		if (!first) throw new Error('A Cluster needs nodes');
		for (const [index, { server }] of nodes.slice(0, MASTERS).entries()) {
			const [from, to] = [index, index + 1].map((n) => Math.floor((n * SLOTS) / MASTERS));
			await redisCli(server, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(Number(to) - 1));
		}
		for (const { server, busPort } of others) {
			await redisCli(first.server, 'CLUSTER', 'MEET', server.host, String(server.port), String(busPort));
		}
		const replica = servers[MASTERS] ?? null;
		const cluster = new Cluster(servers.slice(0, MASTERS), replica);
		await cluster.isKnownTo(servers, servers.length);
		if (replica) {
			await redisCli(replica, 'CLUSTER', 'REPLICATE', await idOf(first.server));
			await until('the replica follows', async () => (await roleOf(replica)) === 'slave connected', 20_000);
		}
		return cluster;
	}

	get addresses(): string {
		return this.masters.map(({ host, port }) => `${host}:${port}`).join(',');
	}

	async masterOf(key: string): Promise<Server> {
		const slot = await this.slotOf(key);
		const index = this.masters.findIndex((_master, n) => slot < Math.floor(((n + 1) * SLOTS) / MASTERS));
		return this.masters[index] ?? this.first;
	}

	async slotOf(key: string): Promise<number> {
		return Number(await redisCli(this.first, 'CLUSTER', 'KEYSLOT', key));
	}

	/** Moves a slot with all its keys, as a person who reshards does. `meanwhile` runs when half of the keys are gone. */
	async move(key: string, to: Server, meanwhile: () => Promise<void>): Promise<void> {
		const from = await this.masterOf(key);
		const slot = String(await this.slotOf(key));
		await redisCli(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
		await redisCli(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(to));
		const keys = (await redisCli(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '100')) as readonly string[];
		const migrate = async (some: readonly string[]) => {
			if (some.length === 0) return;
			await redisCli(from, 'MIGRATE', to.host, String(to.port), '', '0', '5000', 'KEYS', ...some);
		};
		const half = Math.ceil(keys.length / 2);
		await migrate(keys.slice(0, half));
		await meanwhile();
		await migrate(keys.slice(half));
		for (;;) {
			const late = (await redisCli(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '100')) as readonly string[];
			if (late.length === 0) break;
			await migrate(late);
		}
		for (const server of this.masters) await redisCli(server, 'CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(to));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const all = [...this.masters, ...(this.replica ? [this.replica] : [])];
		await Promise.all(all.map(async (server) => await server[Symbol.asyncDispose]()));
	}

	private get first(): Server {
		const [first] = this.masters;
		if (!first) throw new Error('A Cluster needs nodes');
		return first;
	}

	private async isKnownTo(servers: readonly Server[], count: number): Promise<void> {
		for (const server of servers) {
			await until(
				'every node knows all others and their slots',
				async () => {
					const info = await stateOf(server);
					return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}`);
				},
				20_000,
			);
		}
	}
}

/** Lines for people, also from a client that speaks JSON otherwise. */
async function stateOf({ host, port }: Server): Promise<string> {
	const command = ['-h', host, '-p', String(port), 'CLUSTER', 'INFO'];
	return (await runProgram(await ensureRedisCli(), command)).toString();
}

async function idOf(server: Server): Promise<string> {
	return String(await redisCli(server, 'CLUSTER', 'MYID'));
}

/** 'master', 'slave connected' when it has everything, 'changing' while it hangs up on its clients. */
export async function roleOf(server: Server): Promise<string> {
	const reply = await redisCli(server, 'ROLE').catch(() => ['changing']);
	const [role, , , state] = reply as readonly unknown[];
	return role === 'slave' ? `slave ${String(state)}` : String(role);
}
