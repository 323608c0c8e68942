/**
 * The suite as Jest tests: every store runs every case.
 */
import { cases as allCases } from './cases';
import type { StoreCase } from './case';
import { StoreRig } from './rig';
import type { StoreUnderTest } from './storeUnderTest';

const LIMIT_MS = 20_000;
/** A server that is installed first takes longer. */
const SERVER_MS = 120_000;

export function storeConformance(store: StoreUnderTest, cases: readonly StoreCase[] = allCases): void {
	describe(`conformance of ${store.label}`, () => {
		beforeAll(async () => await store.start(), SERVER_MS);
		afterAll(async () => await store.stop(), SERVER_MS);

		it.each(cases)(
			'$name: $says',
			async ({ run, unopened, limitMs = LIMIT_MS }) => {
				const place = await store.makePlace();
				await using rig = unopened ? StoreRig.unopened(place) : await StoreRig.create(place);
				await within(limitMs, run(rig));
			},
			2 * SERVER_MS,
		);
	});
}

async function within(limitMs: number, work: Promise<void>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`It took longer than ${limitMs} ms`)), limitMs);
	});
	try {
		await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
