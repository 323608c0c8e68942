/**
 * The suite as Jest tests: one test a case, skipped only by a declared capability, and the skip is printed.
 */
import type { BrokerUnderTest } from './brokerUnderTest';
import { reasonToSkip, runCase, titleOf, type Case } from './case';
import { cases as allCases } from './cases';
import { writeMatrix, type MatrixRow } from './matrix';

/** Beyond a case's own limit: its clean-up. */
const CLEAN_UP_MS = 15_000;
/** A server that starts in 15 s alone takes longer among the others of the suite. */
const SERVER_MS = 180_000;

export function conformance(broker: BrokerUnderTest, cases: readonly Case[] = allCases): void {
	const { kind, label } = broker.manifest;
	describe(`conformance of ${label}`, () => {
		const rows = new Map<Case, MatrixRow>();
		const failed = ({ number, name, says }: Case): MatrixRow => ({ number, name, says, result: 'failed' });
		beforeAll(async () => {
			try {
				await broker.start();
			} catch (error) {
				for (const one of cases) if (!rows.has(one)) rows.set(one, failed(one));
				throw error;
			}
		}, SERVER_MS);
		afterAll(async () => {
			// A run of a few cases by name is not the whole picture.
			if (rows.size === cases.length) writeMatrix({ kind, label, rows: cases.flatMap((one) => rows.get(one) ?? []) });
			await broker.stop();
		}, SERVER_MS);

		for (const one of cases) {
			const { number, name, says, limitMs } = one;
			const reason = reasonToSkip(one, broker);
			if (reason !== null) {
				rows.set(one, { number, name, says, result: 'skipped', reason });
				it.skip(`${titleOf(one)} (skipped: ${reason})`, () => undefined);
				continue;
			}
			it(
				titleOf(one),
				async () => {
					// What it is when it does not come back in time.
					rows.set(one, failed(one));
					const outcome = await runCase(one, broker);
					const { result } = outcome;
					rows.set(one, { number, name, says, result, ...('ms' in outcome && { ms: outcome.ms }) });
					if (outcome.result === 'failed') throw outcome.error;
				},
				limitMs + CLEAN_UP_MS,
			);
		}
	});
}
