/**
 * A server without free memory: it takes nothing, and still gives.
 */
import { event } from '../../conformance/events';
import { withRabbitmq } from './rabbitmqBus';

const bus = withRabbitmq(async () => ({ config: { 'vm_memory_high_watermark.relative': '0.0001' } }));

it('publishing ends in time, with the reason, and health tells it', async () => {
	await using rig = bus.rig();
	const from = rig.channel();
	const connection = await rig.connection();
	const startedAt = Date.now();
	const outcome = await rig.tryToPublish(from, [event()], { timeoutMs: 2000 }).then(
		([first]) => first,
		(error: unknown) => ({ ok: false, error }),
	);
	expect(outcome).toMatchObject({ ok: false, error: { code: 'storage', retryable: true } });
	expect(Date.now() - startedAt).toBeLessThan(6000);
	expect(await connection.health(rig.call())).toMatchObject({
		status: 'degraded',
		error: { code: 'storage', message: expect.stringContaining('memory') },
	});
});

it('readers join all the same: they are what ends an alarm', async () => {
	await using rig = bus.rig();
	const from = rig.channel();
	await using client = await bus.client();
	await client.channel.assertExchange(from.channel, 'topic');
	await client.channel.assertQueue(`${from.channel}:plain`);
	const ours = await rig.subscribe({ kind: 'existing', name: `${from.channel}:plain` }, { provision: 'verify' });
	expect(ours.effective.delivery).toBe('at-least-once');
	const grouped = await rig.subscribe(from);
	expect(grouped.effective.ordering).toBe('key');
}, 60_000);
