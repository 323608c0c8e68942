import { checkSettings } from '../../../broker/settings';
import { redisStreams } from './manifest';
import { readStorage } from './storageFields';

it.each([
	[{}, { keepMs: 3_600_000, replicas: 0 }],
	[
		{ keepHours: 0, replicas: 1 },
		{ keepMs: 0, replicas: 1 },
	],
	[{ keepHours: 0.5 }, { keepMs: 1_800_000, replicas: 0 }],
])('%j', (given, expected) => {
	expect(readStorage(checkSettings(redisStreams, given))).toEqual(expected);
});

it.each([
	[{ keepHours: -1 }, 'Keep Settled Events'],
	[{ replicas: -1 }, 'Confirmed by Replicas'],
])('%j is refused', (given, says) => {
	expect(() => readStorage(given)).toThrow(says);
});
