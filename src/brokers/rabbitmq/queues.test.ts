import { groupArguments } from './queues';
import type { QueueSettings } from './settings';

const settings: QueueSettings = { type: 'quorum', maxPriority: 0, deadLetterExchange: null, arguments: {} };
const shape = {
	settings,
	ordered: false,
	retentionMs: 60_000,
	deadLetters: { exchange: 'events::dead', group: 'billing' },
};

it('a quorum queue loses nothing that RabbitMQ gives up', () => {
	expect(groupArguments(shape)).toEqual({
		'x-queue-type': 'quorum',
		'x-delivery-limit': 1_000_000,
		'x-expires': 60_000,
		'x-message-ttl': 60_000,
		'x-dead-letter-exchange': 'events::dead',
		'x-dead-letter-routing-key': 'billing',
		'x-dead-letter-strategy': 'at-least-once',
		'x-overflow': 'reject-publish',
	});
});

it('order is a property of the queue', () => {
	expect(groupArguments({ ...shape, ordered: true })).toMatchObject({ 'x-single-active-consumer': true });
});

it('a classic queue has what it can have, and what the user adds', () => {
	const classic = {
		type: 'classic',
		maxPriority: 5,
		deadLetterExchange: 'company.dead',
		arguments: { 'x-queue-mode': 'lazy' },
	} as const;
	expect(groupArguments({ ...shape, settings: classic })).toEqual({
		'x-queue-mode': 'lazy',
		'x-max-priority': 5,
		'x-expires': 60_000,
		'x-message-ttl': 60_000,
		'x-dead-letter-exchange': 'company.dead',
		'x-dead-letter-routing-key': 'billing',
	});
});

it('times are those that RabbitMQ can count', () => {
	const year = 365 * 24 * 60 * 60 * 1000;
	expect(groupArguments({ ...shape, retentionMs: year })['x-expires']).toBe(2 ** 32 - 1);
});
