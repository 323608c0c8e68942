import assert from 'node:assert/strict';
import { PostgresUnderTest } from '../../store/postgresUnderTest';
import { makeSqlitePlace } from '../../store/sqliteUnderTest';
import type { KillPoint } from './runnerProcess';
import { crashMatrix, JOURNEYS, type Row } from './matrix';

const LIMIT_MS = 180_000;
/** Of five steps: one record to start, three a step, and the end; undoing has two. */
const LEAST_ROWS = 80;
/** Of PostgreSQL every few rows one: what differs is the commit. */
const EVERY = 9;

it(
	'SQLite: whenever the runner is killed, everything happens once and in order',
	async () => {
		const place = await makeSqlitePlace();
		try {
			const rows = await crashMatrix(place.url);
			assert.ok(rows.length >= LEAST_ROWS, `${rows.length} rows`);
			assertHolds(rows);
		} finally {
			await place.remove();
		}
	},
	LIMIT_MS,
);

it(
	'PostgreSQL: the same, on a sample',
	async () => {
		const postgres = new PostgresUnderTest();
		await postgres.start();
		try {
			const { url } = await postgres.makePlace();
			const choose = (points: readonly KillPoint[]) => points.filter((_point, index) => index % EVERY === 4);
			assertHolds(await crashMatrix(url, { choose }));
		} finally {
			await postgres.stop();
		}
	},
	LIMIT_MS,
);

function assertHolds(rows: readonly Row[]): void {
	for (const journey of JOURNEYS) assert.ok(rows.some((row) => row.journey === journey));
	const broken = rows.filter(({ problems }) => problems.length > 0);
	const shown = broken.map(
		({ journey, dies, at, problems }) => `${journey}, ${dies.when} ${dies.number} (${at}): ${problems.join('; ')}`,
	);
	assert.equal(shown.join('\n'), '');
}
