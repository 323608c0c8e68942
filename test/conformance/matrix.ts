/**
 * What ran where: one JSON file a broker under build/conformance, and the page of the docs that is made of them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface MatrixRow {
	readonly number: number | null;
	readonly name: string;
	readonly says: string;
	readonly result: 'passed' | 'skipped' | 'failed';
	/** Why it was skipped. */
	readonly reason?: string;
	/** How long it took, milliseconds. */
	readonly ms?: number;
}

export interface BrokerMatrix {
	readonly kind: string;
	readonly label: string;
	readonly rows: readonly MatrixRow[];
}

const MARKS = { passed: '✓', skipped: '–', failed: '✗' } as const;

/** Beside the compiled tests, so that a checkout stays clean. */
export const MATRIX_FOLDER = path.resolve(__dirname, '..', '..', 'conformance');

export function writeMatrix(matrix: BrokerMatrix): void {
	mkdirSync(MATRIX_FOLDER, { recursive: true });
	writeFileSync(path.join(MATRIX_FOLDER, `${matrix.kind}.json`), `${JSON.stringify(matrix, null, '\t')}\n`);
}

/** So that nothing of an older run is taken for a result. */
export function clearMatrices(folder = MATRIX_FOLDER): void {
	rmSync(folder, { recursive: true, force: true });
}

/** What the runs so far have left, by broker. */
export function readMatrices(folder = MATRIX_FOLDER): readonly BrokerMatrix[] {
	if (!existsSync(folder)) return [];
	const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
	return files.sort().map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as BrokerMatrix);
}

/** 'Kafka   70 passed, 5 do not apply, 1 failed of 76: soak', a line a broker. */
export function renderTally(matrices: readonly BrokerMatrix[]): readonly string[] {
	const width = Math.max(...matrices.map(({ label }) => label.length));
	return matrices.map(({ label, rows }) => {
		const named = (result: MatrixRow['result']) => rows.filter((row) => row.result === result).map(({ name }) => name);
		const [passed, skipped, failed] = [named('passed'), named('skipped'), named('failed')];
		const counts = `${passed.length} passed, ${skipped.length} do not apply, ${failed.length} failed of ${rows.length}`;
		return `${label.padEnd(width)}  ${counts}${failed.length === 0 ? '' : `: ${failed.join(', ')}`}`;
	});
}

/** docs/reference/conformance.md: a row a case, a column a broker, and below it why a broker skips a case. */
export function renderMatrix(matrices: readonly BrokerMatrix[]): string {
	const rows = new Map<string, MatrixRow>();
	for (const matrix of matrices) for (const row of matrix.rows) rows.set(row.name, row);
	const columns = matrices.map(({ rows: own }) => new Map(own.map((row) => [row.name, row])));
	const header = ['Case', 'What it shows', ...matrices.map(({ label }) => shortName(label))];
	const rule = ['---', '---', ...matrices.map(() => ':-:')];
	const lines = [...rows.values()].map(({ number, name, says }) => {
		const results = columns.map((column) => column.get(name)).map((row) => (row ? MARKS[row.result] : ''));
		return [`${number === null ? '' : `${number} `}\`${name}\``, says, ...results];
	});
	const reasons = matrices.flatMap(({ rows: own }) => reasonsOf(own));
	return [
		'# Conformance',
		'',
		'Every broker runs the same cases against its real server. ✓ passed, – does not apply, ✗ failed.',
		'',
		...[header, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`),
		'',
		...(reasons.length > 0 ? ['## What does not apply, and why', '', ...reasons, ''] : []),
	].join('\n');
}

/** 'Embedded' of 'Embedded (SQLite)': a column is narrow. */
export function shortName(label: string): string {
	return label.replace(/\s*\([^)]*\)$/, '');
}

/** A line a reason, with all cases that do not apply for it. */
function reasonsOf(rows: readonly MatrixRow[]): readonly string[] {
	const skipped = rows.filter(({ result }) => result === 'skipped');
	const reasons = [...new Set(skipped.map(({ reason = '' }) => reason))];
	return reasons.map((reason) => {
		const names = skipped.filter((row) => (row.reason ?? '') === reason).map(({ name }) => `\`${name}\``);
		return `- ${reason}: ${names.join(', ')}`;
	});
}
