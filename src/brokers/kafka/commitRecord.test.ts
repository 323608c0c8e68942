/**
 * What stands beside a position: nothing is lost on the way, and it always fits.
 */
import fc from 'fast-check';
import { MAX_RECORD_BYTES, readRecord, writeRecord, type CommitRecord } from './commitRecord';
import type { SettledRange } from '../../broker/laneWindow';

const rangesFrom = (position: number, distances: readonly (readonly [number, number])[]): SettledRange[] => {
	let at = position;
	return distances.map(([gap, length]) => {
		const first = at + gap + 1;
		at = first + length;
		return { first, last: at };
	});
};

const distances = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 500 });
const group = fc.option(
	fc.record({
		generation: fc.constant(3),
		types: fc.option(fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 })),
		lifetime: fc.constantFrom('durable' as const, 'ephemeral' as const),
		retentionMs: fc.nat(),
		at: fc.nat(),
	}),
);

describe('the record beside a position', () => {
	it('is read as it was written, and fits', () => {
		fc.assert(
			fc.property(fc.nat(2 ** 40), distances, group, (position, steps, about) => {
				const record: CommitRecord = { generation: 3, settled: rangesFrom(position, steps), group: about };
				const text = writeRecord(record, position);
				expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_RECORD_BYTES);
				expect(readRecord(text, position)).toEqual(record);
			}),
		);
	});

	it('leaves out what finds no room, the last first', () => {
		const settled = rangesFrom(
			7,
			Array.from({ length: 500 }, () => [1_000_000_000, 1_000_000_000] as const),
		);
		const text = writeRecord({ generation: 1, settled, group: null }, 7);
		expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_RECORD_BYTES);
		const kept = readRecord(text, 7)?.settled ?? [];
		expect(kept.length).toBeGreaterThan(200);
		expect(kept).toEqual(settled.slice(0, kept.length));
	});

	it('leaves out types that are too long', () => {
		const about = { generation: 1, types: ['x'.repeat(3000)], lifetime: 'durable', retentionMs: 1, at: 1 } as const;
		const text = writeRecord({ generation: 1, settled: [], group: about }, 0);
		expect(readRecord(text, 0)?.group?.types).toBeNull();
	});

	it.each([null, '', 'something', '{', '{"v":9,"g":1}', '[]'])('takes %j for nothing of ours', (text) => {
		expect(readRecord(text, 0)).toBeNull();
	});
});
