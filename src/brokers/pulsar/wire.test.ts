import type { WireMessage } from '../../broker/types';
import { fromFrame, toFrame } from './wire';

const message: WireMessage = {
	id: 'evt_1',
	type: 'order.created',
	body: Buffer.from([0xff, 0x00, 0x0a]),
	headers: { 'x-note': '🎉', 'x-empty': '' },
	orderingKey: 'ord_1',
	expiresAt: 5000,
};

/** What the service makes of a frame for its readers. */
function delivered(frame: string): string {
	const { payload, properties, key } = JSON.parse(frame) as Record<string, unknown>;
	return JSON.stringify({ messageId: 'CAkQAjAA', payload, properties, key, publishTime: '2026-11-25T20:37:08.86Z' });
}

it('a message comes back as it was sent', () => {
	const received = fromFrame(delivered(toFrame(message, { context: '1', now: 0 })));
	expect(received?.message).toEqual(message);
	expect(received).toMatchObject({ token: 'CAkQAjAA', dueAt: 0, publishedAt: Date.parse('2026-11-25T20:37:08.86Z') });
});

it('a copy for later says when it is due, and keeps no trace of it', () => {
	const frame = toFrame(message, { context: '1', delayMs: 1500, now: 1000 });
	expect(JSON.parse(frame)).toMatchObject({ deliverAfterMs: 1500, properties: { 'eb-due': '2500' } });
	const received = fromFrame(delivered(frame));
	expect(received?.dueAt).toBe(2500);
	expect(received?.message).toEqual(message);
});

it('a message of somebody else has its position as id, and its own key', () => {
	const frame = JSON.stringify({ messageId: 'CAkQAjAA', payload: 'e30=', key: 'k', properties: { Region: 'eu' } });
	expect(fromFrame(frame)?.message).toEqual({
		id: '9:2',
		type: '',
		body: Buffer.from('{}'),
		headers: { region: 'eu' },
		orderingKey: 'k',
	});
});

it.each(['', 'no JSON', '{}', '{"endOfTopic":"false"}'])('%s is no message', (frame) => {
	expect(fromFrame(frame)).toBeNull();
});
