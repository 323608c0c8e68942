import { randomHex } from './randomHex';

describe('random digits', () => {
	it.each([1, 8, 16, 4096])('are two for each of %d bytes', (bytes) => {
		expect(randomHex(bytes)).toMatch(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
	});

	it('never come twice, however many are asked for', () => {
		const drawn = Array.from({ length: 20_000 }, () => randomHex(10));
		expect(new Set(drawn).size).toBe(drawn.length);
	});
});
