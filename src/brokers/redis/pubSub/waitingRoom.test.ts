import type { Delivery } from '../../../broker/types';
import { WaitingRoom } from './waitingRoom';

const MIB = 1024 * 1024;

function delivery(bytes = 1): Delivery {
	const message = { id: 'e', type: '', body: Buffer.alloc(bytes), headers: {} };
	return { message, receives: 1, lane: '', cursor: 'c', leaseUntil: null };
}

it('takes a thousand, and gives them back in order', () => {
	const room = new WaitingRoom();
	const all = Array.from({ length: 1001 }, () => delivery());
	expect(all.map((one) => room.enter(one)).filter(Boolean)).toHaveLength(1000);
	expect(room.take(2)).toEqual(all.slice(0, 2));
	expect(room.take(5000)).toHaveLength(998);
	expect(room.take(1)).toEqual([]);
});

it('counts the bytes of what is held, until it is let go', () => {
	const room = new WaitingRoom();
	const large = Array.from({ length: 4 }, () => delivery(8 * MIB));
	for (const one of large) expect(room.enter(one)).toBe(true);
	expect(room.enter(delivery())).toBe(false);
	const [first, second] = room.take(2);
	expect(room.enter(delivery())).toBe(false);
	if (first) room.letGo(first);
	expect(room.enter(delivery(8 * MIB))).toBe(true);
	if (second) room.letGo(second);
	expect(room.clear()).toHaveLength(3);
	expect(room.enter(delivery(32 * MIB))).toBe(true);
});

it('takes a message that is larger than itself when it is alone', () => {
	const room = new WaitingRoom();
	const huge = delivery(40 * MIB);
	expect(room.enter(huge)).toBe(true);
	expect(room.enter(delivery())).toBe(false);
	room.take(1);
	room.letGo(huge);
	expect(room.enter(delivery())).toBe(true);
});
