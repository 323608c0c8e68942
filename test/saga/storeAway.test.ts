/**
 * A server that cannot be reached in the middle of a saga.
 */
import assert from 'node:assert/strict';
import { statusOf } from '../../src/saga/state';
import { TcpProxy } from '../conformance/tcpProxy';
import { pause, until } from '../conformance/waiting';
import { PostgresUnderTest } from '../store/postgresUnderTest';
import { chain, step } from './definitions';
import { checkFacts } from './ledger';
import { SagaRig } from './rig';
import { assertSame } from '../conformance/same';

const postgres = new PostgresUnderTest();
beforeAll(async () => await postgres.start());
afterAll(async () => await postgres.stop());

const abc = chain(step('a'), step('b'), step('c'));

it.each(['before it has ended', 'while it is recorded'])(
	'the network is cut while a step is under way, %s: nothing is sent twice',
	async (when) => {
		await using proxy = await TcpProxy.start(postgres.server);
		await using rig = new SagaRig(await postgres.makePlace(proxy.port));
		const one = await rig.process();
		rig.services.on('b', async (_call, apply) => {
			await proxy.cut();
			await pause(when === 'before it has ended' ? 1500 : 0);
			return apply();
		});
		await one.start('s', abc);
		const running = one.run('s', { leaseMs: 500, timeoutMs: 2000 });
		await rig.services.called('b');
		await pause(2500);
		await proxy.heal();
		assert.equal(statusOf(await running), 'completed');
		assertSame(rig.services.calls, ['a', 'b', 'c']);
		checkFacts(abc, await one.facts('s'));
	},
);

it('a store that stays away ends the run with a clear error; the next run goes on', async () => {
	await using proxy = await TcpProxy.start(postgres.server);
	await using rig = new SagaRig(await postgres.makePlace(proxy.port));
	const one = await rig.process();
	rig.services.on('b', async (_call, apply) => {
		await proxy.cut();
		return apply();
	});
	await one.start('s', abc);
	await assert.rejects(one.run('s', { waitMs: 4000, leaseMs: 500 }), { code: 'unreachable' });
	await proxy.heal();
	rig.services.repair('b');
	await until('it is due', async () => (await one.due()).includes('s'));
	assert.equal(statusOf(await one.run('s')), 'completed');
	assertSame(rig.services.effects, ['a', 'b', 'c']);
	assertSame(rig.services.calls, ['a', 'b', 'b 2', 'c']);
});

it('a server that is restarted again and again: every effect is applied once', async () => {
	await using rig = new SagaRig(await postgres.makePlace());
	const one = await rig.process();
	const steps = 'abcdefgh'.split('').map((name) => step(name));
	for (const { name } of steps) {
		rig.services.on(name, async (_call, apply) => {
			await pause(150);
			return apply();
		});
	}
	await one.start('s', chain(...steps));
	const running = one.run('s', { leaseMs: 500, timeoutMs: 2000, waitMs: 30_000 });
	for (let restarts = 0; restarts < 3; restarts += 1) {
		await pause(200 + 70 * restarts);
		await postgres.server.kill();
		await postgres.server.startAgain();
	}
	assert.equal(statusOf(await running), 'completed');
	assertSame(
		rig.services.effects,
		steps.map(({ name }) => name),
	);
	assert.equal(rig.services.calls.length, steps.length);
	checkFacts(chain(...steps), await one.facts('s'));
});
