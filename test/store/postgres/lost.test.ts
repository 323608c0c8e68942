/**
 * Connections and servers that go away in the middle of something: a clear error, nothing half-written, and it heals.
 */
import { toEventBusError } from '../../../src/kernel/errors';
import type { EventStore } from '../../../src/store/store';
import { errorOf } from '../../brokers/errorOf';
import { event, events, idsOf } from '../../conformance/events';
import { TcpProxy } from '../../conformance/tcpProxy';
import { pause, times, until } from '../../conformance/waiting';
import { PostgresUnderTest, quoted } from '../postgresUnderTest';
import { idsIn, readAll } from '../reading';
import { StoreRig } from '../rig';

const postgres = new PostgresUnderTest();
beforeAll(async () => await postgres.start());
afterAll(async () => await postgres.stop());

const DOCUMENT = { model: 'orders', id: '1', expect: null, change: null } as const;

/** A transaction that has written an event, and then waits for a document that somebody else holds. */
async function stuckTransaction(rig: StoreRig, schema: string) {
	await rig.store.put(DOCUMENT, { status: 'new' }, rig.call());
	const holder = await postgres.client();
	await holder.query(`BEGIN; SELECT 1 FROM ${quoted(schema)}.document FOR UPDATE`);
	const changes = [
		{ do: 'append', args: { stream: 'order-1', events: events(3), expect: 'any', publish: null } },
		{ do: 'putDocument', args: { ...DOCUMENT, data: { status: 'paid' } } },
	] as const;
	const waiting = async () =>
		(
			await postgres.sql<{ pid: number }>(
				"SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'test'",
			)
		).map(({ pid }) => pid);
	return {
		start: async (call = rig.call()) => await rig.engine.write('transact', { changes }, call),
		waiting,
		untilStuck: async () => await until('the transaction waits', async () => (await waiting()).length > 0),
		[Symbol.asyncDispose]: async () => await holder.end(),
	};
}

function codeOf(error: unknown): string {
	return toEventBusError(error, 'testing').code;
}

async function expectNothingWritten(store: EventStore, { call }: StoreRig): Promise<void> {
	expect(await idsIn(store, 'order-1', call())).toEqual([]);
	expect((await store.get('orders', '1', call()))?.data).toEqual({ status: 'new' });
	expect((await store.append('order-2', events(1), call())).places[0]?.position).toBe(1);
}

it('a connection that is ended in mid-transaction leaves nothing behind, and the next call works', async () => {
	const place = await postgres.makePlace();
	await using rig = await StoreRig.create(place);
	await using stuck = await stuckTransaction(rig, place.schema);
	const outcome = errorOf(stuck.start());
	await stuck.untilStuck();
	for (const pid of await stuck.waiting()) await postgres.sql(`SELECT pg_terminate_backend(${pid})`);
	expect(await outcome).toMatchObject({ code: 'unreachable', retryable: true });
	await expectNothingWritten(rig.store, rig);
	expect(rig.engine.lost.aborted).toBe(false);
});

it.each(['timeout', 'abort'])('a call that ends by %s in mid-transaction leaves nothing open', async (how) => {
	const place = await postgres.makePlace();
	await using rig = await StoreRig.create(place);
	await using stuck = await stuckTransaction(rig, place.schema);
	const stop = new AbortController();
	const startedAt = Date.now();
	const outcome = stuck.start({ signal: stop.signal, timeoutMs: how === 'timeout' ? 700 : 2000 }).then(
		() => null,
		(error: unknown) => error,
	);
	await stuck.untilStuck();
	const reason = new Error('stopped');
	if (how === 'abort') stop.abort(reason);
	const error = await outcome;
	if (how === 'abort') expect(error).toBe(reason);
	else expect(error).toMatchObject({ code: 'timeout', message: expect.stringContaining('in time') });
	expect(Date.now() - startedAt).toBeLessThan(1500);
	await until('the server has given it up', async () => (await stuck.waiting()).length === 0, 5000);
	await expectNothingWritten(rig.store, rig);
});

it('kill -9 of the server in the middle of appends: none is lost, none is stored twice', async () => {
	await using rig = await StoreRig.create(await postgres.makePlace());
	const lists = times(4, () => events(60));
	const errors = new Set<string>();
	const append = async (list: ReturnType<typeof events>, writer: number) => {
		for (const one of list) {
			for (;;) {
				const code = await rig.store.append(`order-${writer}`, [one], rig.call()).then(() => null, codeOf);
				if (code === null) break;
				errors.add(code);
				await pause(20);
			}
		}
	};
	const writing = Promise.all(lists.map(append));
	await until('some are stored', async () => (await rig.engine.read('headOf', {}, rig.call())) > 40);
	await postgres.server.kill();
	const away = await errorOf(rig.store.append('order-x', events(1), rig.call()));
	expect(away).toMatchObject({ code: 'unreachable', retryable: true, hint: expect.any(String) });
	await postgres.server.startAgain();
	await writing;
	expect([...errors]).toEqual(['unreachable']);
	for (const [writer, list] of lists.entries()) {
		expect(await idsIn(rig.store, `order-${writer}`, rig.call())).toEqual(idsOf(list));
	}
	const positions = (await readAll(rig.store.readLog(rig.call()))).map(({ position }) => position);
	expect(positions).toEqual(times(240, (n) => n + 1));
	expect(rig.engine.lost.aborted).toBe(false);
});

it('a listener is told again after the server was restarted', async () => {
	const place = await postgres.makePlace();
	await using rig = await StoreRig.create(place);
	const other = await rig.another();
	let woken = 0;
	const stop = rig.engine.onCommit(() => (woken += 1));
	await pause(300);
	await postgres.server.stop();
	await postgres.server.startAgain();
	await until('it listens', async () => {
		const found = await postgres.sql(
			"SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()",
		);
		return found.length > 0;
	});
	const before = woken;
	await other.append('order-1', events(1), rig.call());
	await until('it is woken', () => woken > before, 1000);
	stop();
	await until('its connection is closed', async () => {
		const found = await postgres.sql(
			"SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()",
		);
		return found.length === 0;
	});
});

it('a network that is cut again and again: every event is stored once', async () => {
	await using proxy = await TcpProxy.start(postgres.server);
	await using rig = await StoreRig.create(await postgres.makePlace(proxy.port));
	const list = events(60);
	const done = new AbortController();
	const cutting = (async () => {
		for (let n = 1; !done.signal.aborted; n += 1) {
			// From in the middle of a login to after some appends.
			await pause(30 + ((n * 37) % 90));
			await proxy.cut();
			await proxy.heal();
		}
	})();
	const codes = new Set<string>();
	for (const one of list) {
		for (;;) {
			const code = await rig.store.append('order-1', [one], rig.call()).then(() => null, codeOf);
			if (code === null) break;
			codes.add(code);
		}
	}
	done.abort();
	await cutting;
	expect([...codes]).toEqual(['unreachable']);
	// The last cut may not have been noticed yet.
	expect(await idsIn(await rig.another(), 'order-1', rig.call())).toEqual(idsOf(list));
}, 60_000);

it('a host that vanishes in mid-transaction does not hold up the others for longer than its own time', async () => {
	await using proxy = await TcpProxy.start(postgres.server);
	const place = await postgres.makePlace(proxy.port);
	await using rig = await StoreRig.create(place);
	await using near = await StoreRig.create({
		...place,
		url: place.url.replace(`:${proxy.port}`, `:${postgres.server.port}`),
	});
	// A statement that is so long that its transaction is open when the network goes.
	const large = times(20, () => event({ payload: { text: 'x'.repeat(900_000) } }));
	const outcome = errorOf(rig.store.append('order-1', large, rig.call(1500)));
	await pause(30);
	await proxy.blackHole();
	expect((await outcome).code).toBe('timeout');
	await near.store.append('order-2', events(1), near.call(5000));
	await proxy.heal();
	await rig.store.append('order-1', events(1), rig.call()).catch(() => undefined);
	expect((await rig.store.append('order-1', events(1), rig.call())).version).toBeGreaterThan(0);
});

it('a schema that is dropped is said to be gone, and made again by who opens it next', async () => {
	const place = await postgres.makePlace();
	await using rig = await StoreRig.create(place);
	await place.remove();
	const error = await errorOf(rig.store.append('order-1', events(1), rig.call()));
	expect(error).toMatchObject({ code: 'storage', message: expect.stringContaining('gone') });
	expect(rig.engine.lost.aborted).toBe(true);
	const again = await rig.another();
	expect((await again.append('order-1', events(1), rig.call())).version).toBe(1);
});
