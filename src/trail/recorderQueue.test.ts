import { published, trailEvent } from '../../test/trail/entries';
import { RecorderQueue } from './recorderQueue';

const UNBOUNDED = { facts: Infinity, bytes: Infinity };

function queueOf(facts: number, bytes = Infinity) {
	const queue = new RecorderQueue({ facts, bytes });
	let at = 0;
	const add = (ids: string, payloadBytes = 0) => {
		for (const id of ids) queue.add({ ...trailEvent(id), payload: 'x'.repeat(payloadBytes) }, published((at += 1)));
	};
	return { queue, add };
}

/** 'a2 b1': event a with two facts, then b with one. */
function told(batch: ReturnType<RecorderQueue['take']>): string {
	return batch.entries.map(({ event, facts }) => `${event.eventId}${facts.length}`).join(' ');
}

describe('the queue of the recorder', () => {
	it('keeps the facts of an event together, oldest event first', () => {
		const { queue, add } = queueOf(100);
		add('abacb');
		expect(queue.size).toBe(5);
		expect(told(queue.take(UNBOUNDED))).toBe('a2 b2 c1');
		expect(queue.size).toBe(0);
	});

	it('drops the oldest, and counts', () => {
		const { queue, add } = queueOf(3);
		add('aabcd');
		expect(queue.takeDropped()).toBe(2);
		expect(queue.takeDropped()).toBe(0);
		expect(told(queue.take(UNBOUNDED))).toBe('b1 c1 d1');
	});

	it('drops the oldest when the payloads are too large', () => {
		const { queue, add } = queueOf(100, 10_000);
		add('abcd', 3000);
		expect(queue.takeDropped()).toBe(2);
		expect(told(queue.take(UNBOUNDED))).toBe('c1 d1');
	});

	it('hands out as much as is asked for', () => {
		const { queue, add } = queueOf(100);
		add('abcdef', 1000);
		expect(told(queue.take({ facts: 2, bytes: Infinity }))).toBe('a1 b1');
		expect(told(queue.take({ facts: 100, bytes: 3000 }))).toBe('c1 d1');
		expect(queue.size).toBe(2);
	});

	it('takes back what could not be written, as the oldest', () => {
		const { queue, add } = queueOf(5);
		add('ab');
		const batch = queue.take(UNBOUNDED);
		add('ca');
		queue.putBack(batch);
		expect(queue.size).toBe(4);
		add('dd');
		expect(queue.takeDropped()).toBe(1);
		expect(told(queue.take(UNBOUNDED))).toBe('b1 c1 a1 d2');
	});

	it('knows after any history how much waits', () => {
		const { queue, add } = queueOf(50, 40_000);
		for (let round = 0; round < 200; round += 1) {
			add('abcdefgh'.slice(round % 8), (round * 37) % 500);
			if (round % 3 === 0) queue.putBack(queue.take({ facts: round % 11, bytes: 5000 }));
			if (round % 7 === 0) queue.take({ facts: 9, bytes: Infinity });
		}
		const { size } = queue;
		const all = queue.take(UNBOUNDED);
		expect(all.entries.flatMap(({ facts }) => facts)).toHaveLength(size);
		expect([queue.size, queue.take(UNBOUNDED).facts]).toEqual([0, []]);
	});
});
