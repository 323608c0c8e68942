/**
 * A master, its replica, and a Sentinel that puts the one in the place of the other.
 */
import type { Server } from '../../../scripts/servers/server';
import { redisPubSub } from '../../../src/brokers/redis/pubSub/manifest';
import { event, missingIn } from '../../conformance/events';
import { failing } from '../../conformance/recorder';
import { until } from '../../conformance/waiting';
import { redisCli } from '../../interop/redisCli';
import { roleOf } from './cluster';
import { errorOf } from '../errorOf';
import { addressOf, rigOn, start } from './redisBus';

let master: Server;
let replica: Server;
let sentinel: Server;
beforeAll(async () => {
	master = await start();
	replica = await start({ settings: { replicaof: `${master.host} ${master.port}`, 'repl-diskless-sync-delay': 0 } });
	const watches = [
		`sentinel monitor shop ${master.host} ${master.port} 1`,
		'sentinel down-after-milliseconds shop 1000',
		'sentinel failover-timeout shop 5000',
	];
	sentinel = await start({ sentinel: `${watches.join('\n')}\n` });
	await until('the replica follows', async () => (await roleOf(replica)) === 'slave connected', 20_000);
	await until('the sentinel knows both', async () => await knowsReplica(), 20_000);
});
afterAll(async () => {
	for (const server of [sentinel, replica, master]) await server[Symbol.asyncDispose]();
});

async function knowsReplica(): Promise<boolean> {
	const replicas = (await redisCli(sentinel, 'SENTINEL', 'REPLICAS', 'shop')) as readonly { readonly flags: string }[];
	return replicas.length === 1 && replicas[0]?.flags === 'slave';
}

const settings = () => ({ mode: 'sentinel', addresses: addressOf(sentinel), sentinelMaster: 'shop' });

it('names a master that the sentinels do not know', async () => {
	await using bus = rigOn({ ...settings(), sentinelMaster: 'warehouse' });
	expect(await errorOf(bus.open())).toMatchObject({ code: 'settings', hint: 'Check Master Name in the credential' });
});

it('asks the next sentinel when one is gone', async () => {
	await using bus = rigOn({ ...settings(), addresses: `127.0.0.1:1,${addressOf(sentinel)}` });
	expect(await (await bus.open()).health(bus.call())).toMatchObject({
		status: 'up',
		detail: expect.stringContaining(addressOf(master)),
	});
});

it('follows the master, whether it becomes a replica or dies, and loses nothing that a replica has confirmed', async () => {
	await using bus = rigOn({ ...settings(), replicas: 1 });
	await using alone = rigOn(settings());
	await using listening = rigOn(settings(), redisPubSub);
	const channel = bus.channel();
	const spoken = listening.channel();
	const one = await bus.consume({ from: channel, leaseMs: 2000, handle: failing(1) });
	const heard = await listening.consume({ from: spoken });
	const confirmed: string[] = [];
	const publish = async (on: typeof bus) => {
		const each = event();
		const [outcome] = await on.tryToPublish(channel, [each], { timeoutMs: 3000 }).catch(() => []);
		if (outcome?.ok) confirmed.push(each.event_id);
		return outcome?.ok === true;
	};
	for (let n = 0; n < 50; n += 1) expect(await publish(bus)).toBe(true);

	// The old master lives on as a replica: it answers READONLY to whoever still writes to it.
	await redisCli(sentinel, 'SENTINEL', 'FAILOVER', 'shop');
	await until('the replica is the master', async () => (await roleOf(replica)) === 'master', 30_000);
	await until('events are taken again', async () => await publish(alone), 30_000);
	await until('each confirmed one is done', () => missingIn(one.doneIds, confirmed) === 0, 30_000);
	await until('the old master follows', async () => (await roleOf(master)) === 'slave connected', 30_000);
	await until('the sentinel knows both', async () => await knowsReplica(), 30_000);

	for (let n = 0; n < 50; n += 1) await publish(bus);
	await replica.kill();
	await until('events are taken again', async () => await publish(alone), 40_000);
	await until('each confirmed one is done', () => missingIn(one.doneIds, confirmed) === 0, 30_000);
	await until('it is heard again', async () => {
		await listening.tryToPublish(spoken, [event()]).catch(() => []);
		return heard.runs.length > 0;
	});
	expect(one.fatal).toBeNull();
	expect(heard.fatal).toBeNull();
	expect(await (await alone.connection()).health(alone.call())).toMatchObject({
		detail: expect.stringContaining(addressOf(master)),
	});
});
