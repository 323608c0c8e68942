import type { Clock } from '../kernel/clock';
import { Circuit } from './circuit';

function handClock(): Clock & { time: number } {
	return {
		time: 0,
		now() {
			return this.time;
		},
		async sleep(ms, signal) {
			signal.throwIfAborted();
			this.time += ms;
		},
	};
}

const settings = { failures: 3, probeMs: 1000 };
const never = new AbortController().signal;

describe('the circuit', () => {
	it('admits runs at once while fewer than the limit failed in a row', async () => {
		const clock = handClock();
		const circuit = new Circuit(settings, clock, () => undefined);
		circuit.failed();
		circuit.failed();
		await circuit.admit(never);
		expect(clock.time).toBe(0);
	});

	it('lets one probe through per interval once it is open', async () => {
		const clock = handClock();
		const circuit = new Circuit(settings, clock, () => undefined);
		for (let run = 0; run < 3; run += 1) circuit.failed();
		const startedAt: number[] = [];
		for (let probe = 0; probe < 3; probe += 1) {
			await circuit.admit(never);
			startedAt.push(clock.time);
			circuit.failed();
		}
		expect(startedAt).toEqual([1000, 2000, 3000]);
	});

	it('closes with the first success and says so once', async () => {
		const changes: string[] = [];
		const clock = handClock();
		const circuit = new Circuit(settings, clock, (state) => changes.push(state));
		for (let run = 0; run < 5; run += 1) circuit.failed();
		circuit.succeeded();
		circuit.succeeded();
		await circuit.admit(never);
		expect(changes).toEqual(['circuit-open', 'circuit-closed']);
		expect(clock.time).toBe(0);
	});

	it('stops waiting when the consumer stops', async () => {
		const stopped = AbortSignal.abort(new Error('stopped'));
		const circuit = new Circuit(settings, handClock(), () => undefined);
		for (let run = 0; run < 3; run += 1) circuit.failed();
		await expect(circuit.admit(stopped)).rejects.toThrow('stopped');
	});
});
