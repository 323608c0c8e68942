/**
 * The compressions by themselves; test/brokers/kafka shows that others read and write the same.
 */
import { randomBytes } from 'node:crypto';
import { lz4, snappy, zstd } from './compression';

const SIZES = [0, 1, 1000, 32 * 1024, 32 * 1024 + 1, 300_000];

describe.each([
	['snappy', snappy],
	['lz4', lz4],
	['zstd', zstd],
])('%s', (_name, codec) => {
	it.each(SIZES)('comes back as it was: %i bytes', async (size) => {
		for (const buffer of [randomBytes(size), Buffer.alloc(size, 'the same again ')]) {
			const back = await codec.decompress(await codec.compress({ buffer }));
			expect(Buffer.from(back).equals(buffer)).toBe(true);
		}
	});

	it('makes less of what repeats itself', async () => {
		const compressed = await codec.compress({ buffer: Buffer.alloc(100_000, 'the same again ') });
		expect(compressed.length).toBeLessThan(20_000);
	});
});

it('reads snappy in one block, as librdkafka may write it, and in chunks, as Java does', async () => {
	// "hi" uncompressed: length 2, a literal of 2 bytes.
	const block = Buffer.from([2, 0x04, 0x68, 0x69]);
	const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
	const chunk = Buffer.concat([Buffer.from([0, 0, 0, block.length]), block]);
	expect((await snappy.decompress(block)).toString()).toBe('hi');
	expect((await snappy.decompress(Buffer.concat([magic, chunk, chunk]))).toString()).toBe('hihi');
});
