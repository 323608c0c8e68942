/**
 * `npm test`: every part, or those that are named. Ends with one line for people and machines: `N passed, N failed`.
 */
import { messageOf } from '../src/kernel/errors';
import { NOTHING, ONE_FAILED, sum, summary, type Counts } from './testing/counts';
import { parts, type Part } from './testing/parts';
import { whenAskedToEnd } from './toolchain/endOfProcess';
import { consoleLog, duration, SetupError } from './toolchain/log';

async function main(names: readonly string[]): Promise<Counts> {
	const unknown = names.filter((name) => !parts.some((part) => part.name === name));
	if (unknown.length > 0) {
		console.log(`There is no part ${unknown.join(', ')}.\n${usage()}`);
		return ONE_FAILED;
	}
	const wanted = names.length === 0 ? parts : parts.filter((part) => names.includes(part.name));
	const results: { readonly part: Part; readonly counts: Counts; readonly ms: number }[] = [];
	for (const part of wanted) {
		console.log(`\n━━ ${part.name}: ${part.title} ━━`);
		const startedAt = Date.now();
		const counts = await runPart(part);
		results.push({ part, counts, ms: Date.now() - startedAt });
	}
	console.log('');
	for (const { part, counts, ms } of results) {
		console.log(`${part.name.padEnd(12)} ${summary(counts)} (${duration(ms)})`);
	}
	return sum([NOTHING, ...results.map(({ counts }) => counts)]);
}

async function runPart(part: Part): Promise<Counts> {
	try {
		return await part.run(consoleLog);
	} catch (error) {
		console.log(`${part.name} could not be run: ${error instanceof SetupError ? error.message : messageOf(error)}`);
		return ONE_FAILED;
	}
}

function usage(): string {
	const list = parts.map(({ name, title }) => `  ${name.padEnd(14)}${title}`).join('\n');
	return `Usage: npm test [-- part …]\n\nParts, all of them when none is named:\n${list}`;
}

whenAskedToEnd((exitCode) => process.exit(exitCode));

void main(process.argv.slice(2)).then((counts) => {
	console.log(summary(counts));
	process.exitCode = counts.failed > 0 ? 1 : 0;
});
