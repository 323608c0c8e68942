/**
 * The same key goes to the same partition as with the Java client: values of its own test.
 */
import { murmur2, Partitioner } from './partitioner';

it.each([
	['21', -973932308],
	['foobar', -790332482],
	['a-little-bit-long-string', -985981536],
	['a-little-bit-longer-string', -1486304829],
	['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
	['abc', 479470107],
])('the hash of %s', (key, hash) => {
	expect(murmur2(Buffer.from(key))).toBe(hash);
});

it('takes the partitions in turn without a key', () => {
	const partitioner = new Partitioner();
	const chosen = Array.from({ length: 6 }, () => partitioner.partitionOf(null, 3));
	expect(new Set(chosen.slice(0, 3)).size).toBe(3);
	expect(chosen.slice(3)).toEqual(chosen.slice(0, 3));
});
