/**
 * `npm run bench -- <what>`: how fast it is on this machine. The figures in the documentation come from here.
 */
import { benchPages } from './bench/pages';
import { benchStore } from './bench/store';
import { benchTrail } from './bench/trail';
import { whenAskedToEnd } from './toolchain/endOfProcess';
import { consoleLog as log, SetupError } from './toolchain/log';

const BENCHES: Readonly<Record<string, () => Promise<string>>> = {
	store: async () => await benchStore(log),
	trail: async () => await benchTrail(log),
	pages: async () => await benchPages(log),
};

const USAGE = `Usage: npm run bench -- <what>

  store   the event store: appending, reading, folding and finding, on SQLite and PostgreSQL
  trail   the event trail: asking it, and what recording costs those who publish
  pages   the page of a trail: opening, filtering, choosing and scrolling, in Chromium`;

/** @returns the exit code */
async function main([what = '']: readonly string[]): Promise<number> {
	const bench = Object.hasOwn(BENCHES, what) ? BENCHES[what] : undefined;
	if (!bench) {
		log(USAGE);
		return what === '--help' ? 0 : 2;
	}
	log(`\n${await bench()}`);
	return 0;
}

whenAskedToEnd((exitCode) => process.exit(exitCode));

void main(process.argv.slice(2)).then(
	(exitCode) => (process.exitCode = exitCode),
	(error: unknown) => {
		log(error instanceof SetupError ? error.message : String(error));
		process.exitCode = 1;
	},
);
