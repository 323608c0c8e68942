import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventBusError, openEventBus, type EventEnvelope } from '.';

describe('the library', () => {
	let folder: string;

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'event-bus-library-'));
	});
	afterAll(async () => await rm(folder, { recursive: true, force: true }));

	it('carries events from one service to another, with cause and correlation', async () => {
		await using bus = openEventBus(`sqlite:${path.join(folder, 'bus.db')}`, { source: 'shop' });
		const charged = new Promise<EventEnvelope>((resolve, reject) => {
			const start = async () => {
				await bus.consume({ types: ['order.created'], group: 'billing' }, async (event) => {
					await bus.publish([{ type: 'payment.processed', payload: { paid: true } }], { cause: event });
				});
				await bus.consume({ types: ['payment.*'], group: 'shipping' }, async (event) => resolve(event));
				await bus.publish([{ type: 'order.created', payload: { order_id: 'ord_1' }, subject: 'ord_1' }]);
			};
			start().catch(reject);
		});
		const event = await charged;
		expect(event).toMatchObject({ event_type: 'payment.processed', source: 'shop', metadata: { hops: 1 } });
	});

	it('says whether anybody wants an event', async () => {
		await using bus = openEventBus(`sqlite:${path.join(folder, 'unwanted.db')}`, { source: 'shop' });
		const [published] = await bus.publish([{ type: 'order.created', payload: null }]);
		expect(published?.published.matched).toBe('no');
	});

	it('refuses an unknown scheme without showing the password in the URL', () => {
		const open = () => openEventBus('carrier-pigeon://user:secret@host', { source: 'shop' });
		expect(open).toThrow(EventBusError);
		expect(open).toThrow(expect.not.objectContaining({ message: expect.stringContaining('secret') }));
	});
});
