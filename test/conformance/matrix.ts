/**
 * What ran where: one JSON file a broker under build/conformance, and the page of the docs that is made of them.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** What the runs so far have left, by broker. */
export function readMatrices(folder = MATRIX_FOLDER): readonly BrokerMatrix[] {
	const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
	return files.sort().map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as BrokerMatrix);
}

/** docs/reference/conformance.md: a row a case, a column a broker, and below it why a broker skips a case. */
export function renderMatrix(matrices: readonly BrokerMatrix[]): string {
	const rows = new Map<string, MatrixRow>();
	for (const matrix of matrices) for (const row of matrix.rows) rows.set(row.name, row);
	const columns = matrices.map(({ rows: own }) => new Map(own.map((row) => [row.name, row])));
	const header = ['Case', 'What it shows', ...matrices.map(({ label }) => label)];
	const lines = [...rows.values()].map(({ number, name, says }) => {
		const results = columns.map((column) => column.get(name)).map((row) => (row ? MARKS[row.result] : ''));
		return [`${number === null ? '' : `${number} `}\`${name}\``, says, ...results];
	});
	const skips = matrices.flatMap(({ label, rows: own }) =>
		own
			.filter(({ result }) => result === 'skipped')
			.map(({ name, reason }) => `- ${label}, \`${name}\`: ${reason ?? ''}`),
	);
	return [
		'# Conformance',
		'',
		'Every broker runs the same cases against its real server. ✓ passed, – does not apply, ✗ failed.',
		'',
		...[header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`),
		'',
		...(skips.length > 0 ? ['## What does not apply, and why', '', ...skips, ''] : []),
	].join('\n');
}
