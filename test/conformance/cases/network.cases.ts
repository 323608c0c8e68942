/**
 * The server goes away: restarted, cut off, silent. What was confirmed is received, and nobody has to be started again.
 */
import assert from 'node:assert/strict';
import type { Case } from '../case';
import { event, missingIn } from '../events';
import type { Channel, Consuming, Rig } from '../rig';
import { pause, times, until } from '../waiting';

/** Bound on a single publish: none may stay open for longer. */
const PUBLISH_MS = 10_000;

export const networkCases: readonly Case[] = [
	{
		number: 3,
		name: 'publish_resolves_after_confirm',
		says: 'has stored every event whose publish resolved before or after the broker was stopped, and leaves none pending',
		needs: ['restart', 'settling'],
		limitMs: 60_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const confirmed: string[] = [];
			let slowestMs = 0;
			const publish = async () => {
				const each = event();
				const startedAt = Date.now();
				const [outcome] = await rig.tryToPublish(channel, [each], { timeoutMs: PUBLISH_MS }).catch(() => []);
				slowestMs = Math.max(slowestMs, Date.now() - startedAt);
				if (outcome?.ok) confirmed.push(each.event_id);
				else await pause(50);
			};
			const publishing = Promise.all(times(5, async () => await repeat(40, publish)));
			await until('a third is confirmed', () => confirmed.length >= 60, 20_000);
			await rig.broker.features.restart?.();
			await publishing;
			assert.ok(slowestMs <= PUBLISH_MS + 2000, `a publish was open for ${slowestMs} ms`);
			await receivesAll(one, confirmed);
		},
	},
	{
		number: 29,
		name: 'reconnect_broker_restart',
		says: 'receives everything confirmed although the broker restarts twice, and consumes again within 30 s',
		needs: ['restart', 'settling'],
		limitMs: 90_000,
		async run(rig) {
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const confirmed: string[] = [];
			const publishing = publishFromFive(rig, channel, confirmed, 500);
			for (const share of [167, 250]) {
				await until(`${share} are confirmed`, () => confirmed.length >= share, 40_000);
				await rig.broker.features.restart?.();
				await goesOn(rig, channel, one);
			}
			await publishing;
			await receivesAll(one, confirmed);
			assert.equal(one.fatal, null);
		},
	},
	{
		number: 30,
		name: 'reconnect_network_cut',
		says: 'receives everything confirmed although the network is cut for 5 s and then silent for 15 s',
		needs: ['network', 'settling'],
		limitMs: 120_000,
		async run(rig) {
			const { network } = rig.broker.features;
			if (!network) return;
			const channel = rig.channel();
			const one = await rig.consume({ from: channel });
			const confirmed: string[] = [];
			const publishing = publishFromFive(rig, channel, confirmed, 200);
			const accidents = [
				{ share: 60, happen: () => network.cut(), ms: 5000 },
				{ share: 120, happen: () => network.blackHole(), ms: 15_000 },
			];
			for (const { share, happen, ms } of accidents) {
				await until(`${share} are confirmed`, () => confirmed.length >= share, 60_000);
				await happen();
				await pause(ms);
				await network.heal();
				await goesOn(rig, channel, one);
			}
			await publishing;
			await receivesAll(one, confirmed);
			assert.equal(one.fatal, null);
		},
	},
];

/** An event that is published now is received within 30 s. */
async function goesOn(rig: Rig, channel: Channel, one: Consuming): Promise<void> {
	const confirmed: string[] = [];
	const late = Date.now() + 30_000;
	await publishUntilConfirmed(rig, channel, confirmed);
	await until('consumption goes on', () => missingIn(one.doneIds, confirmed) === 0, late - Date.now());
}

/** Five publishers at once; each event is published again until it is confirmed. */
async function publishFromFive(rig: Rig, channel: Channel, confirmed: string[], count: number): Promise<void> {
	const publishOne = async () => {
		await publishUntilConfirmed(rig, channel, confirmed);
		await pause(5);
	};
	await Promise.all(times(5, async () => await repeat(count / 5, publishOne)));
}

async function publishUntilConfirmed(rig: Rig, channel: Channel, confirmed: string[]): Promise<void> {
	const each = event();
	for (;;) {
		const [outcome] = await rig.tryToPublish(channel, [each], { timeoutMs: PUBLISH_MS }).catch(() => []);
		if (outcome?.ok) break;
		await pause(100);
	}
	confirmed.push(each.event_id);
}

async function repeat(count: number, work: () => Promise<void>): Promise<void> {
	for (let n = 0; n < count; n += 1) await work();
}

async function receivesAll(one: { readonly doneIds: string[] }, confirmed: readonly string[]): Promise<void> {
	const missing = () => missingIn(one.doneIds, confirmed);
	await until('everything confirmed is received', () => missing() === 0, 30_000).catch((error: unknown) => {
		throw new Error(`${missing()} of ${confirmed.length} confirmed events are missing`, { cause: error });
	});
}
