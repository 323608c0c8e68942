import type { WireMessage } from '../broker/types';
import { readDeadLetter, toDeadLetter, toRedrive, type DeadLetterFacts } from './deadLetterMessage';

const AT = Date.parse('2026-02-27T10:30:00.000Z');
const original: WireMessage = {
	id: 'evt_1',
	type: 'order.created',
	body: Buffer.from('{"a":1}'),
	headers: { 'content-type': 'application/json', 'x-own': 'kept', 'eb-failures': '2', 'eb-not-before': '5' },
	orderingKey: 'ord_1',
	notBefore: 5,
	expiresAt: 6,
};
const facts: DeadLetterFacts = {
	reason: 'max_attempts',
	error: 'NodeApiError: line one\nline two',
	source: { kind: 'channel', channel: 'events' },
	group: 'billing',
	at: AT,
	history: { failures: 3, firstFailureAt: AT - 60_000, lastError: 'x', notBefore: null },
	position: '42',
	run: { workflowId: 'wf', executionId: '7' },
	eventId: 'evt_1',
};

describe('a dead letter', () => {
	it('keeps the body byte for byte and tells the whole story', () => {
		const letter = toDeadLetter(original, facts);
		expect(letter.body).toBe(original.body);
		expect(readDeadLetter('dl-1', letter, { channel: '', group: '' })).toEqual({
			id: 'dl-1',
			reason: 'max_attempts',
			error: 'NodeApiError: line one line two',
			attempts: 3,
			channel: 'events',
			group: 'billing',
			dead_lettered_at: '2026-02-27T10:30:00.000Z',
			first_failure_at: '2026-02-27T10:29:00.000Z',
			last_failure_at: '2026-02-27T10:30:00.000Z',
			workflow_id: 'wf',
			execution_id: '7',
			position: '42',
			redrives: 0,
		});
	});

	it('carries neither the delay nor the expiry of the original', () => {
		const letter = toDeadLetter(original, facts);
		expect(letter).not.toHaveProperty('notBefore');
		expect(letter).not.toHaveProperty('expiresAt');
		expect(letter.orderingKey).toBe('ord_1');
	});

	it('of the broker itself has the reason broker', () => {
		const info = readDeadLetter('x', original, { channel: 'events', group: 'billing' });
		expect(info).toMatchObject({ reason: 'broker', channel: 'events', group: 'billing', attempts: 0 });
	});
});

describe('a redrive', () => {
	it('starts with fresh attempts, keeps foreign headers and counts itself', () => {
		const again = toRedrive(toDeadLetter(original, facts));
		expect(again.headers).toEqual({
			'content-type': 'application/json',
			'x-own': 'kept',
			'eb-event-id': 'evt_1',
			'eb-redrives': '1',
		});
		expect(again.body).toBe(original.body);
	});

	it('has another message id each time, so that no broker drops it as a duplicate', () => {
		const first = toRedrive(toDeadLetter(original, facts));
		const second = toRedrive(toDeadLetter(first, facts));
		expect(first.id).toBe('evt_1:redrive:1');
		expect(second.id).toBe('evt_1:redrive:2');
		expect(second.headers['eb-redrives']).toBe('2');
	});
});
