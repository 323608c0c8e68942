/**
 * What runs and when: types, delay, expiry.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { event, events, idsOf } from '../events';
import { assertSame } from '../same';
import { pause, times, until } from '../waiting';

export const filterCases: readonly Case[] = [
	{
		number: 41,
		name: 'filter',
		says: 'runs only the types asked for; the others are acknowledged and never dead-lettered',
		limitMs: 10_000,
		async run(rig) {
			const channel = rig.channel();
			const orders = await rig.consume({ from: channel, group: 'orders', types: ['order.*'] });
			const all = await rig.consume({ from: channel, group: 'all', types: ['#'] });
			const versions = await rig.consume({ from: channel, group: 'versions', types: ['order.created@2.*'] });
			const types = ['order.created', 'order.paid', 'payment.made', 'order.created.late'];
			const published = types.flatMap((type) => events(10, { type }));
			const second = { ...event({ type: 'order.created' }), event_version: '2.1' };
			await rig.publish(channel, [...published, second]);
			await until('all 41 are received by the one that wants all', () => all.runs.length === 41);
			await until('21 are received by the one that wants orders', () => orders.runs.length >= 21);
			await until('version 2 is received', () => versions.runs.length >= 1);
			await pause(300);

			assertSame(orders.ids.toSorted(), idsOf([...published.slice(0, 20), second]).toSorted());
			assertSame(versions.ids, [second.event_id]);
			assert.equal((await rig.deadLetters(channel, {}, null)).length, 0);
			if (!rig.capabilities.topology.has('inspect')) return;
			await until('nothing is left over', async () => {
				const { groups } = await rig.inspect(channel);
				return groups.every(({ backlog, inFlight }) => (backlog ?? 0) + (inFlight ?? 0) === 0);
			});
		},
	},
	{
		number: 42,
		name: 'delay_and_expiry',
		says: 'runs a delayed event not before its time, and an expired one not at all',
		needs: ['settling', 'messages'],
		limitMs: 15_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const notBefore = Date.now() + 2000;
			const delayed = times(3, () => event());
			const expired = times(3, () => event({ metadata: { expires_at: new Date(Date.now() - 1000).toISOString() } }));
			await rig.publish(channel, delayed, { notBefore });
			await rig.publish(channel, expired);
			await until('the delayed ones run', () => one.factsOf('done').length === 3);
			await pause(200);

			assertSame(one.ids.toSorted(), idsOf(delayed).toSorted());
			for (const { startedAt, delivery } of one.runs) {
				assert.ok(startedAt >= notBefore, `a delayed event ran ${notBefore - startedAt} ms early`);
				assert.ok(startedAt <= notBefore + rig.capabilities.delayToleranceMs + 2000, 'a delayed event ran late');
				assert.equal(delivery.attempt, 1);
			}
			assertSame(
				one
					.factsOf('expired')
					.map(({ event: { event_id: id } }) => id)
					.toSorted(),
				idsOf(expired).toSorted(),
			);
		},
	},
];
