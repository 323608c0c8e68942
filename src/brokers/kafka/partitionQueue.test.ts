/**
 * Sequences and batches of one partition: what is perhaps stored is sent again as it is, and no sequence means two things.
 */
import { EventBusError } from '../../kernel/errors';
import { PartitionQueue, type Identity } from './partitionQueue';

const first: Identity = { producerId: '1', producerEpoch: 0 };
const second: Identity = { producerId: '2', producerEpoch: 0 };
const gone = new EventBusError('timeout', 'late');

/** A queue whose entries write down what became of them. */
function queueOf(sizes: readonly number[]) {
	const queue = new PartitionQueue('orders', 0);
	const fates = new Map<number, string>();
	const record = { key: null, value: null, headers: {}, timestamp: '0' };
	sizes.forEach((bytes, index) => {
		queue.push({
			record,
			bytes,
			until: index,
			resolve: (offset) => fates.set(index, `at ${offset}`),
			reject: (error) => fates.set(index, error.code),
		});
	});
	const lengthOf = (identity: Identity = first) => queue.next(identity)?.entries.length;
	return { queue, fates, lengthOf };
}

it('sends the same batch again until its fate is known', () => {
	const { queue, fates } = queueOf([10, 10]);
	const batch = queue.next(first);
	queue.push({
		record: { key: null, value: null, headers: {}, timestamp: '0' },
		bytes: 1,
		until: 0,
		resolve: () => undefined,
		reject: () => undefined,
	});
	expect(queue.next(second)).toBe(batch);
	queue.stored(7);
	expect([...fates.values()]).toEqual(['at 7', 'at 8']);
	expect(queue.next(first)).toMatchObject({ sequence: 2 });
});

it('counts sequences on, and begins again with another identity', () => {
	const { queue } = queueOf([600_000, 600_000, 600_000]);
	expect(queue.next(first)?.sequence).toBe(0);
	queue.stored(null);
	expect(queue.next(first)?.sequence).toBe(1);
	queue.stored(null);
	expect(queue.next(second)?.sequence).toBe(0);
});

it('fills a batch up to its bytes; a larger message goes alone', () => {
	const { queue, lengthOf } = queueOf([100_000, 300_000, 200_000, 900_000, 1]);
	expect(lengthOf()).toBe(2);
	queue.stored(0);
	expect(lengthOf()).toBe(1);
	queue.stored(0);
	expect(lengthOf()).toBe(1);
	queue.stored(0);
	expect(lengthOf()).toBe(1);
});

it('halves what is too large as a whole, refuses only what is too large by itself, and grows again', () => {
	const { queue, fates, lengthOf } = queueOf([1, 1, 1, 1, 1, 1, 1]);
	expect(lengthOf()).toBe(7);
	expect(queue.split()).toBe(true);
	expect(lengthOf()).toBe(4);
	expect(queue.split()).toBe(true);
	expect(lengthOf()).toBe(2);
	expect(queue.split()).toBe(true);
	expect(lengthOf()).toBe(1);
	expect(queue.split()).toBe(false);
	queue.refuse(new EventBusError('too-large', 'too large'));
	expect(queue.next(first)?.sequence).toBe(0);
	queue.stored(0);
	expect(lengthOf()).toBe(2);
	queue.stored(1);
	expect(lengthOf()).toBe(3);
	queue.stored(3);
	expect(fates.get(0)).toBe('too-large');
	expect(fates.get(6)).toBe('at 5');
});

it('goes out anew in the same order when the broker does not know the producer', () => {
	const { queue, fates } = queueOf([1, 1]);
	queue.next(first);
	queue.startAnew();
	expect(queue.next(second)).toMatchObject({ identity: second, sequence: 0 });
	queue.stored(5);
	expect([...fates]).toEqual([
		[0, 'at 5'],
		[1, 'at 6'],
	]);
});

it('lets go of a batch as a whole, and spends the identity only if it was sent', () => {
	const { queue, fates } = queueOf([1, 1]);
	const batch = queue.next(first);
	expect(queue.giveUp(({ until }) => until === 0, gone)).toBe(false);
	expect(fates.size).toBe(0);
	if (batch) batch.isSent = true;
	expect(queue.giveUp(() => true, gone)).toBe(true);
	expect([...fates.values()]).toEqual(['timeout', 'timeout']);
	expect(queue.hasWork).toBe(false);
});

it('wraps sequences at 31 bit', () => {
	const { queue } = queueOf([1, 1, 1]);
	Object.assign(queue, { identity: first, sequence: 2 ** 31 - 1, mostEntries: 1 });
	expect(queue.next(first)?.sequence).toBe(2 ** 31 - 1);
	queue.stored(null);
	expect(queue.next(first)?.sequence).toBe(0);
});
