import { assertSame } from '../../test/conformance/same';
import { wavesOf } from './outboxRelay';

/** 'a1 b1 a2': stream and version. */
function waves(entries: string): string[] {
	const parsed = entries
		.split(' ')
		.filter((entry) => entry !== '')
		.map((entry) => ({ stream: entry.slice(0, 1), entry }));
	return wavesOf(parsed).map((wave) => wave.map(({ entry }) => entry).join(' '));
}

describe('the waves of the outbox', () => {
	it.each([
		['nothing waits', '', []],
		['one stream: one event after the other', 'a1 a2 a3', ['a1', 'a2', 'a3']],
		['many streams: all at once', 'a1 b1 c1', ['a1 b1 c1']],
		['mixed: nobody overtakes in a stream', 'a1 a2 b1 a3 b2 c1', ['a1 b1 c1', 'a2 b2', 'a3']],
		['a long stream does not hold the short ones back', 'a1 a2 a3 b1', ['a1 b1', 'a2', 'a3']],
		['versions that begin anywhere', 'a7 b3 a8', ['a7 b3', 'a8']],
	])('%s', (_what, entries, expected) => {
		assertSame(waves(entries), expected);
	});

	it('takes a stream named like a member of every object for a name', () => {
		const entries = ['__proto__', 'constructor', '__proto__'].map((stream) => ({ stream }));
		assertSame(wavesOf(entries), [[entries[0], entries[1]], [entries[2]]]);
	});
});
