/**
 * Any sequence of operations gives the same results on SQLite, on PostgreSQL, and in a plain model.
 */
import fc from 'fast-check';
import { isEventBusError } from '../../src/kernel/errors';
import { ModelStore, Refused } from './model';
import { anyOperation, type Operation } from './operations';
import { PostgresUnderTest } from './postgresUnderTest';
import { StoreRig } from './rig';
import { makeSqlitePlace } from './sqliteUnderTest';

/** With some 20 operations each. */
const RUNS = 15;

const postgres = new PostgresUnderTest();
beforeAll(async () => await postgres.start());
afterAll(async () => await postgres.stop());

it('any sequence of operations gives the same on SQLite, PostgreSQL and a model', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(operationShown(), { minLength: 1, maxLength: 40, size: 'max' }), async (operations) => {
			await using sqlite = await StoreRig.create(await makeSqlitePlace());
			await using server = await StoreRig.create(await postgres.makePlace());
			const model = new ModelStore();
			for (const one of operations) {
				const wanted = await outcomeOf(async () => one.onModel(model));
				expect({ store: 'SQLite', ...(await outcomeOf(async () => await one.onStore(sqlite))) }).toEqual({
					store: 'SQLite',
					...wanted,
				});
				expect({ store: 'PostgreSQL', ...(await outcomeOf(async () => await one.onStore(server))) }).toEqual({
					store: 'PostgreSQL',
					...wanted,
				});
			}
		}),
		{ numRuns: RUNS },
	);
}, 120_000);

/** With what it is, for the report of a failure. */
function operationShown(): fc.Arbitrary<Operation> {
	return anyOperation.map((one) => ({ ...one, [fc.toStringMethod]: () => one.text }));
}

async function outcomeOf(work: () => Promise<unknown>): Promise<object> {
	try {
		return { result: await work() };
	} catch (error) {
		if (error instanceof Refused || isEventBusError(error)) return { refused: error.code };
		throw error;
	}
}
