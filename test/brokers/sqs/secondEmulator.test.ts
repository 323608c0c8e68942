/**
 * The same on moto, which reads the documentation of AWS in another way: what we write is understood by both.
 */
import { failing, fails } from '../../conformance/recorder';
import { event, events, idsOf, numberOf } from '../../conformance/events';
import { times, until } from '../../conformance/waiting';
import { startMoto, type Moto } from './moto';
import { onEmulator } from './emulator';

const START_MS = 180_000;

let moto: Moto;
/** Of the role that is made at the start. */
const withRole: { roleArn?: string; readonly externalId: string } = { externalId: 'n8n' };

beforeAll(async () => {
	moto = await startMoto();
	withRole.roleArn = await moto.makeRole('n8n');
}, START_MS);
afterAll(async () => await moto[Symbol.asyncDispose]());

const { promise } = onEmulator(() => moto.endpoint);

describe.each([
	['standard queues', {}],
	['FIFO queues', { fifo: true, filter: true }],
] as const)('with %s', (_what, settings) => {
	promise('every group receives what is published, and headers beyond ten', settings, async ({ rig }) => {
		const channel = rig.channel();
		const all = await rig.consume({ from: channel, group: 'all' });
		const orders = await rig.consume({ from: channel, group: 'orders', types: ['order.*'] });
		const published = [...events(12), event({ type: 'payment.made' })];
		const headers = Object.fromEntries(times(12, (n) => [`x-${n}`, 'ü']));
		await rig.publish(channel, published, { headers });
		await until('all are received', () => all.factsOf('done').length === 13 && orders.factsOf('done').length === 12);
		expect(all.ids.toSorted()).toEqual(idsOf(published).toSorted());
	});

	promise('a failed event is tried again and counted', settings, async ({ rig }) => {
		const channel = rig.channel();
		const ours = await rig.consume({ from: channel, handle: failing(2) });
		await rig.publish(channel, [event()]);
		await until('it is done', () => ours.factsOf('done').length === 1);
		expect(ours.runs.map(({ delivery }) => delivery.attempt)).toEqual([1, 2, 3]);
	});

	promise('a dead letter is listed, and redriven to its group', settings, async ({ rig }) => {
		const channel = rig.channel();
		let broken = true;
		const handle = () => (broken ? fails('no stock', false) : undefined);
		const ours = await rig.consume({ from: channel, handle });
		await rig.publish(channel, events(3));
		await until('three are given up', () => ours.factsOf('dead-letter').length === 3);
		const listed = (await rig.deadLetters(channel)).map(({ event: each }) => (each ? numberOf(each) : null));
		expect(listed.toSorted()).toEqual([0, 1, 2]);
		broken = false;
		expect(await rig.redrive(channel, { limit: 2 })).toBe(2);
		await until('two are done', () => ours.factsOf('done').length === 2);
		expect(await rig.deadLetters(channel)).toHaveLength(1);
	});

	promise('bytes that are no text, and none at all, arrive as they are', settings, async ({ rig }) => {
		const channel = rig.channel();
		const ours = await rig.consume({ from: channel });
		const contentType = { 'content-type': 'application/octet-stream' };
		await rig.publishRaw(channel, [Buffer.from([0, 255, 128]), Buffer.from('🎉 \u0007')], contentType);
		await until('both are received', () => ours.runs.length === 2);
		const data = ours.runs.map((run) => JSON.stringify(run.event.payload)).join();
		expect(data).toContain(Buffer.from([0, 255, 128]).toString('base64'));
	});
});

promise('FIFO keeps the order of every key', { fifo: true }, async ({ rig }) => {
	const channel = rig.channel();
	const ours = await rig.consume({
		from: channel,
		order: 'key',
		handle: failing(1, (run) => numberOf(run.event) === 1),
	});
	await rig.publish(
		channel,
		times(12, (n) => event({ key: `key ${n % 3}`, payload: { n: Math.floor(n / 3) } })),
	);
	await until('all are done', () => ours.factsOf('done').length === 12);
	for (const key of ['key 0', 'key 1', 'key 2']) {
		const done = ours.runs.filter(
			({ event: { metadata }, verdict }) => metadata.ordering_key === key && verdict?.as === 'done',
		);
		expect(done.map((run) => numberOf(run.event))).toEqual([0, 1, 2, 3]);
	}
});

promise('a role is taken on with its external id', withRole, async ({ rig }) => {
	const channel = rig.channel();
	const ours = await rig.consume({ from: channel });
	await rig.publish(channel, [event()]);
	await until('it is received', () => ours.runs.length === 1);
});
