/**
 * Leases and slots: work that takes long runs once, work that never ends frees its place, nobody settles for another.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { event, events, idsOf } from '../events';
import { failing } from '../recorder';
import type { Rig } from '../rig';
import { assertSame } from '../same';
import { pause, until } from '../waiting';

export const leaseCases: readonly Case[] = [
	{
		number: 26,
		name: 'no_redelivery_while_processing',
		says: 'runs each event exactly once although the work takes longer than the lease',
		needs: ['settling'],
		limitMs: 45_000,
		async run(rig) {
			const channel = rig.channel();
			const options = { from: channel, leaseMs: 1200, maxInFlight: 2, handle: () => pause(4000) };
			const one = await rig.consume(options);
			// A second member would take what the first lost; without an inbox it would run it, too.
			const other = await rig.consume({ ...options, deduplicateMs: 0, handle: () => pause(4000) });
			const published = events(6);
			await rig.publish(channel, published);
			const done = () => [...one.factsOf('done'), ...other.factsOf('done')];
			await until('all six are done', () => done().length >= 6, 30_000);
			await pause(300);
			assertSame([...one.ids, ...other.ids].toSorted(), idsOf(published).toSorted());
			for (const { maxInFlight } of [one, other]) assert.ok(maxInFlight <= 2);
		},
	},
	{
		number: 27,
		name: 'stuck_run_released',
		says: 'frees the slot of a run that never ends, tries its event again, and goes on with the others',
		needs: ['settling'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const stuck = event({ type: 'order.stuck' });
			const one = await rig.consume({
				from: channel,
				maxInFlight: 1,
				maxProcessingMs: 1000,
				handle: async ({ id, delivery }) => {
					if (id === stuck.event_id && delivery.attempt === 1) await rig.hang();
				},
			});
			await rig.publish(channel, [stuck, ...events(10)]);
			await until('all eleven are done', () => one.factsOf('done').length === 11, 15_000);
			const attempts = one.runsOf(stuck.event_id).map(({ delivery }) => delivery.attempt);
			assertSame(attempts, [1, 2]);
			const [retry, ...more] = one.factsOf('retry');
			assert.match(retry?.error ?? '', /timeout/);
			assert.equal(more.length, 0);
		},
	},
	{
		number: 28,
		name: 'cancelled_run_released',
		says: 'counts a run that was cancelled as failed and never leaks its slot',
		needs: ['settling'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const cancelled = failing(1);
			const one = await rig.consume({
				from: channel,
				maxInFlight: 1,
				handle: async (run, context) => {
					if (await cancelled(run, context)) throw new Error('The execution was cancelled');
				},
			});
			await rig.publish(channel, events(5));
			await until('all five are done', () => one.factsOf('done').length === 5);
			const attempts = one.factsOf('done').map(({ delivery }) => delivery.attempt);
			assertSame(attempts, [2, 2, 2, 2, 2]);
			await until('no slot is taken', () => one.consumer.inFlight === 0);
		},
	},
	{
		number: null,
		name: 'given_back_frees_the_slot',
		says: 'hands out as much after twenty messages were given back as before',
		needs: ['settling'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const bare = await rig.subscribe(channel, { maxInFlight: 2, batch: { size: 2, waitMs: 100 } });
			await rig.publish(channel, events(2));
			let handedOut = 0;
			for await (const deliveries of bare.batches()) {
				handedOut += deliveries.length;
				await bare.settle(
					deliveries.map((delivery) => ({ delivery, as: 'release' })),
					rig.call(),
				);
				if (handedOut >= 20) break;
			}
			assert.ok(handedOut >= 20);
		},
	},
	{
		number: null,
		name: 'lost_link_gives_back',
		says: 'delivers to another member what a lost connection held and had not settled',
		needs: ['settling', 'groups'],
		limitMs: 30_000,
		async run(rig) {
			const channel = rig.channel();
			const published = events(5);
			const { connection } = await takeAndHold(rig, channel, published);
			await connection[Symbol.asyncDispose]();
			const heir = await rig.consume({ from: channel });
			await until('the other member gets all five', () => heir.factsOf('done').length === 5, 20_000);
			assertSame(heir.ids.toSorted(), idsOf(published).toSorted());
		},
	},
	{
		number: null,
		name: 'stale_member_never_commits',
		says: 'answers lease-lost to a member that settles what another has taken over meanwhile',
		needs: ['settling', 'groups'],
		limitMs: 30_000,
		async run(rig) {
			const channel = rig.channel();
			const published = events(3);
			const { held, connection, subscription } = await takeAndHold(rig, channel, published);
			// Without a lease only the end of the link lets go of a delivery.
			if (held.some(({ leaseUntil }) => leaseUntil === null)) await connection[Symbol.asyncDispose]();
			const started = Promise.withResolvers<void>();
			const goOn = Promise.withResolvers<void>();
			const heir = await rig.consume({
				from: channel,
				handle: async () => {
					started.resolve();
					await goOn.promise;
				},
			});
			await until('the heir has all three', () => heir.runs.length === 3, 20_000);
			const settlements = held.map((delivery) => ({ delivery, as: 'ack' }) as const);
			const outcomes = await subscription.settle(settlements, rig.call()).catch(() => []);
			for (const outcome of outcomes) assert.equal(outcome.ok ? 'settled' : outcome.error.code, 'lease-lost');
			goOn.resolve();
			await until('the heir is done', () => heir.factsOf('done').length === 3);
			await pause(300);
			assertSame(heir.ids.toSorted(), idsOf(published).toSorted());
		},
	},
];

/** Deliveries that are taken and neither settled nor extended. */
async function takeAndHold(rig: Rig, channel: ReturnType<Rig['channel']>, published: ReturnType<typeof events>) {
	const connection = await rig.open();
	const subscription = await rig.subscribe(channel, { leaseMs: 1000 }, connection);
	await rig.publish(channel, published);
	const held = [];
	for await (const deliveries of subscription.batches()) {
		held.push(...deliveries);
		if (held.length >= published.length) break;
	}
	return { connection, subscription, held };
}
