/**
 * Stopping: nothing new is started, nothing that was taken is lost, nothing is left open.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { events, idsOf } from '../events';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

export const closeCases: readonly Case[] = [
	{
		number: 31,
		name: 'close_drains',
		says: 'starts nothing after close, settles what runs, and leaves the rest to the next consumer',
		needs: ['settling'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const first = await rig.consume({ from: channel, maxInFlight: 5, handle: () => pause(400) });
			const published = events(20);
			await rig.publish(channel, published);
			await until('five are in flight', () => first.runs.length === 5);
			const closedAt = Date.now();
			const closing = first.consumer.close(10_000);
			const again = first.consumer.close(10_000);
			await Promise.all([closing, again]);
			assert.ok(Date.now() - closedAt < 10_000, 'close ends before its limit');
			await first.consumer.close(10_000);
			assert.equal(first.runs.length, 5, 'nothing starts after close');
			assert.equal(first.factsOf('done').length, 5);

			const second = await rig.consume({ from: channel });
			await until('the other 15 are done', () => second.factsOf('done').length === 15);
			await pause(300);
			assertSame([...first.ids, ...second.ids].toSorted(), idsOf(published).toSorted());
		},
	},
	{
		number: null,
		name: 'close_does_not_wait_for_ever',
		says: 'returns at the drain limit although a run goes on, and runs nothing twice to its end',
		needs: ['settling', 'groups'],
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const finish = Promise.withResolvers<void>();
			const first = await rig.consume({ from: channel, maxInFlight: 2, handle: () => finish.promise });
			const published = events(6);
			await rig.publish(channel, published);
			await until('two are in flight', () => first.runs.length === 2);
			const closedAt = Date.now();
			await first.consumer.close(300);
			assert.ok(Date.now() - closedAt < 5000, 'close returns at its limit');
			const second = await rig.consume({ from: channel });
			await until('the other four are done', () => second.factsOf('done').length >= 4);
			finish.resolve();
			const done = () => [...first.doneIds, ...second.doneIds].toSorted();
			await until('all six are done', () => done().length >= 6);
			assertSame(done(), idsOf(published).toSorted());
		},
	},
	{
		number: 32,
		name: 'close_while_connecting',
		says: 'leaves no consumer behind after ten were opened and closed at once, and then misses nothing',
		limitMs: 30_000,
		async run(rig) {
			const channel = rig.channel();
			const opened = await Promise.all(
				times(10, async () => {
					const one = await rig.consume({ from: channel });
					await one.consumer.close(1000);
					return one;
				}),
			);
			assert.ok(opened.every(({ runs }) => runs.length === 0));
			if (rig.capabilities.topology.has('inspect')) {
				await until('no consumer is left', async () => !(await rig.groupState(channel))?.consumers);
			}
			const one = await rig.consume({ from: channel });
			const published = events(50);
			await rig.publish(channel, published);
			await until('all 50 are received', () => one.runs.length >= 50);
			await pause(200);
			assertSame(one.ids.toSorted(), idsOf(published).toSorted());
		},
	},
	{
		number: 34,
		name: 'continue_after_reopen',
		says: 'misses nothing and repeats nothing when the consumer is opened anew after every ten events',
		limitMs: 20_000,
		async run(rig) {
			const channel = rig.channel();
			const keepsPosition = rig.capabilities.start.has('committed');
			await (await rig.consume({ from: channel })).consumer.close(1000);
			const published = events(50);
			if (keepsPosition) await rig.publish(channel, published);
			const done: string[] = [];
			while (done.length < 50) {
				const before = done.length;
				const one = await rig.consume({ from: channel, maxInFlight: 3, handle: () => pause(5) });
				// Where nothing is kept for later, each reader gets what is published while it is there.
				if (!keepsPosition) await rig.publish(channel, published.slice(before, before + 10));
				await until('some more are done', () => one.factsOf('done').length >= Math.min(10, 50 - before));
				await one.consumer.close(5000);
				done.push(...one.ids);
			}
			assertSame(done.toSorted(), idsOf(published).toSorted());
		},
	},
];
