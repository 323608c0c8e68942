/**
 * The suite as Jest tests: every store runs every case.
 */
import type { StoreUnderTest } from '../store/storeUnderTest';
import { cases } from './cases';
import { SagaRig } from './rig';

const LIMIT_MS = 30_000;
/** A server that is installed first takes longer. */
const SERVER_MS = 120_000;

export function sagaConformance(store: StoreUnderTest): void {
	describe(`sagas on ${store.label}`, () => {
		beforeAll(async () => await store.start(), SERVER_MS);
		afterAll(async () => await store.stop(), SERVER_MS);

		it.each(cases)(
			'$name: $says',
			async ({ run }) => {
				await using rig = new SagaRig(await store.makePlace());
				await run(rig);
			},
			LIMIT_MS,
		);
	});
}
