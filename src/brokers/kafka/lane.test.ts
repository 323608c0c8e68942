/**
 * A partition in memory: what bounds it.
 */
import { Lane } from './lane';
import type { IncomingRecord } from './protocol';

const records = (from: number, count: number, bytes: number): IncomingRecord[] =>
	Array.from({ length: count }, (_unused, index) => ({
		offset: String(from + index),
		timestamp: '0',
		key: null,
		value: Buffer.alloc(bytes),
		headers: {},
		isControlRecord: false,
	}));

function laneWith(count: number, bytes: number): Lane {
	const lane = new Lane('orders', 0, null);
	lane.open({ position: 0, settled: [] });
	lane.add(records(0, count, bytes), count);
	return lane;
}

function takeAll(lane: Lane): number[] {
	const taken: number[] = [];
	for (let record = lane.take(() => true); record; record = lane.take(() => true)) taken.push(Number(record.offset));
	return taken;
}

it('hands out in order, over several answers', () => {
	const lane = laneWith(2, 1);
	lane.add(records(2, 2, 1), 4);
	expect(takeAll(lane)).toEqual([0, 1, 2, 3]);
	expect(lane.standing.position).toBe(0);
});

it('pauses with a thousand open ones, and goes on when the first is settled', () => {
	const lane = laneWith(1500, 1);
	expect(takeAll(lane)).toHaveLength(1000);
	lane.settle(500);
	expect(takeAll(lane)).toEqual([]);
	lane.settle(0);
	expect(takeAll(lane)).toEqual([1000]);
});

it('pauses with 16 MB open', () => {
	const lane = laneWith(30, 1024 * 1024);
	expect(takeAll(lane)).toHaveLength(16);
	lane.settle(15);
	expect(takeAll(lane)).toHaveLength(1);
});

it('wants more only while little waits', () => {
	const lane = laneWith(3, 100 * 1024);
	expect(lane.wantsMore).toBe(false);
	lane.take(() => true);
	expect(lane.wantsMore).toBe(true);
});

it('passes over what is not wanted', () => {
	const lane = laneWith(3, 1);
	const isWanted = ({ offset }: IncomingRecord) => offset === '1';
	expect(lane.take(isWanted)?.offset).toBe('1');
	expect(lane.take(isWanted)).toBeNull();
	expect(lane.isHeld).toBe(true);
	lane.settle(1);
	expect(lane.isHeld).toBe(false);
	expect(lane.standing).toEqual({ position: 3, settled: [] });
});
