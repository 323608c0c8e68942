/**
 * kill -9 of a Redis with an append-only file: what was confirmed is there afterwards, and nobody has to do anything.
 */
import { event, missingIn } from '../../conformance/events';
import { failing } from '../../conformance/recorder';
import { pause, times, until } from '../../conformance/waiting';
import { addressOf, rigOn, start } from './redisBus';

it.each(['always', 'everysec'])('loses no confirmed event with appendfsync %s', async (appendfsync) => {
	await using server = await start({ settings: { appendfsync } });
	await using bus = rigOn({ addresses: addressOf(server) });
	const channel = bus.channel();
	// Every event has a retry copy on the server at some time.
	const one = await bus.consume({ from: channel, maxInFlight: 50, leaseMs: 2000, handle: failing(1) });
	const confirmed: string[] = [];
	const stopping = new AbortController();
	const flood = times(5, async () => {
		while (!stopping.signal.aborted) {
			const each = event();
			const [outcome] = await bus.tryToPublish(channel, [each]).catch(() => []);
			if (outcome?.ok) confirmed.push(each.event_id);
			else await pause(20);
		}
	});
	for (const many of [200, 400]) {
		await until(`${many} are confirmed`, () => confirmed.length >= many, 30_000);
		await server.kill();
		await pause(500);
		await server.startAgain();
	}
	await until('600 are confirmed', () => confirmed.length >= 600, 30_000);
	stopping.abort();
	await Promise.all(flood);
	await until('each confirmed one is done', () => missingIn(one.doneIds, confirmed) === 0, 40_000);
	expect(one.fatal).toBeNull();
});

it('says that a server without an append-only file may forget', async () => {
	await using server = await start({ settings: { appendonly: 'no' } });
	await using bus = rigOn({ addresses: addressOf(server) });
	const report = await (await bus.open()).health(bus.call());
	expect(report).toMatchObject({ status: 'degraded', detail: expect.stringContaining('appendonly yes') });
});

it('begins again with everything that is left when the server comes back empty', async () => {
	await using server = await start({ settings: { appendonly: 'no' } });
	await using bus = rigOn({ addresses: addressOf(server) });
	const channel = bus.channel();
	const one = await bus.consume({ from: channel });
	await bus.publish(channel, [event()]);
	await until('it runs', () => one.runs.length === 1);
	await server.kill();
	await server.startAgain();
	await until('an event runs again', async () => {
		await bus.tryToPublish(channel, [event()]).catch(() => []);
		return one.runs.length > 1;
	});
	expect(one.fatal).toBeNull();
});
