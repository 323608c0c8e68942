/**
 * `npm run crash-matrix`: what becomes of a saga whose process is killed (kill -9), for every moment in which it can be.
 */
import { parseArgs } from 'node:util';
import { crashMatrix, type Row } from '../test/saga/crash/matrix';
import { PostgresUnderTest } from '../test/store/postgresUnderTest';
import { makeSqlitePlace } from '../test/store/sqliteUnderTest';
import { markdownTable } from './docs/markdownTable';
import { postgresServer } from './servers/postgres';
import { whenAskedToEnd } from './toolchain/endOfProcess';
import { consoleLog as log, SetupError } from './toolchain/log';

const USAGE = `Usage: npm run crash-matrix [-- --postgres]

  Kills a saga of five steps before and after everything that it records, and after every answer; once as it completes,
  once as its last step is declined. --postgres keeps it on PostgreSQL in place of SQLite.`;

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
	const options = { postgres: { type: 'boolean' }, help: { type: 'boolean' } } as const;
	const { values } = parseArgs({ args: [...args], options });
	if (values.help === true) {
		log(USAGE);
		return 0;
	}
	const rows = await (values.postgres === true ? onPostgres() : onSqlite());
	log(`\n${markdownTable(['Journey', 'Killed', 'While', 'Ends', 'Sent again', 'Holds'], rows.map(cells))}\n`);
	const broken = rows.filter(({ problems }) => problems.length > 0).length;
	log(`${rows.length} deaths, ${broken} of them with a problem`);
	return broken === 0 ? 0 : 1;
}

async function onSqlite(): Promise<readonly Row[]> {
	const place = await makeSqlitePlace();
	try {
		return await crashMatrix(place.url, { onRow: tell });
	} finally {
		await place.remove();
	}
}

async function onPostgres(): Promise<readonly Row[]> {
	await postgresServer.ensure(log);
	const postgres = new PostgresUnderTest();
	await postgres.start();
	try {
		return await crashMatrix((await postgres.makePlace()).url, { onRow: tell });
	} finally {
		await postgres.stop();
	}
}

function tell({ journey, dies, problems }: Row): void {
	log(`${problems.length === 0 ? '✓' : '✗'} ${journey}, ${dies.when} ${dies.number}`);
}

function cells({ journey, dies, at, status, repeated, problems }: Row): readonly string[] {
	return [journey, `${dies.when} ${dies.number}`, at, status, String(repeated), problems.join('; ') || '✓'];
}

whenAskedToEnd((exitCode) => process.exit(exitCode));

void main(process.argv.slice(2)).then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		log(error instanceof SetupError ? error.message : String(error));
		process.exitCode = 1;
	},
);
