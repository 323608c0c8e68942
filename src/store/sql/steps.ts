/**
 * Commands of a store, written once for every SQL engine.
 *
 * A command is a generator that yields statements and is given their rows. SQLite runs it without a pause inside the
 * thread that owns the file; PostgreSQL runs the same generator with an `await` for each statement. So the two stores
 * cannot differ in what they decide, only in how they carry it out.
 *
 * Statements keep to what both engines understand alike: `?` for values, INSERT … ON CONFLICT, RETURNING.
 */
export type SqlValue = string | number | null;

export interface Statement {
	readonly sql: string;
	readonly values: readonly SqlValue[];
	/** Nobody looks at its rows, so an engine behind a network need not wait for them. */
	readonly isBlind?: true;
}

/** Waits until nobody else holds the name, and keeps it until the commit. Nothing to do where commands never overlap. */
export interface Lock {
	readonly lock: string;
}

/** Statements that do not depend on each other's rows: an engine behind a network sends them all, then takes the answers. */
export interface Together {
	readonly together: readonly Statement[];
}

/** The answer to a statement is its rows; to several of them, a list of rows each. */
export type Steps<T> = Generator<Statement | Lock | Together, T, readonly object[]>;

/** @typeParam Row the columns the statement returns; not checked at run time */
export function* all<Row extends object>(sql: string, ...values: readonly SqlValue[]): Steps<readonly Row[]> {
	return (yield { sql, values }) as readonly Row[];
}

/** The first row. */
export function* first<Row extends object>(sql: string, ...values: readonly SqlValue[]): Steps<Row | undefined> {
	return (yield* all<Row>(sql, ...values))[0];
}

/** Carries the statements out in their order. Returns the rows of each. */
export function* together(statements: readonly Statement[]): Steps<readonly (readonly object[])[]> {
	return (yield { together: statements }) as readonly (readonly object[])[];
}

/** For statements whose rows do not matter. */
export function* run(sql: string, ...values: readonly SqlValue[]): Steps<void> {
	yield { sql, values, isBlind: true };
}

/** Of two commands that name the same, the second sees what the first did. */
export function* lock(name: string): Steps<void> {
	yield { lock: name };
}

/** More values in one statement would come near the 32,766 of SQLite. */
const MAX_VALUES = 10_000;

/**
 * Inserts rows with as few statements as possible.
 *
 * @param into   'event (position, stream)'
 * @param ending what follows the values: 'ON CONFLICT DO NOTHING'
 * @param atOnce most rows in a statement, where batches of many sizes would be as many statements to prepare
 */
export function* insertRows(
	into: string,
	rows: readonly (readonly SqlValue[])[],
	ending = '',
	atOnce = MAX_VALUES,
): Steps<void> {
	const width = rows[0]?.length ?? 1;
	const perStatement = Math.min(atOnce, Math.max(1, Math.floor(MAX_VALUES / width)));
	for (let start = 0; start < rows.length; start += perStatement) {
		const some = rows.slice(start, start + perStatement);
		const row = `(${Array<string>(width).fill('?').join(', ')})`;
		yield {
			sql: `INSERT INTO ${into} VALUES ${some.map(() => row).join(', ')} ${ending}`,
			values: some.flat(),
			isBlind: true,
		};
	}
}

/** For statements that name what they are about. */
export function chunksOf<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
	return Array.from({ length: Math.ceil(list.length / size) }, (_none, n) => list.slice(n * size, (n + 1) * size));
}

/** '?, ?, ?' */
export function places(count: number): string {
	return Array<string>(count).fill('?').join(', ');
}

/** Runs a command on an engine that answers at once, and runs commands one by one. */
export function runSteps<T>(steps: Steps<T>, execute: (statement: Statement) => readonly object[]): T {
	const answer = (step: Statement | Lock | Together): readonly object[] => {
		if ('lock' in step) return [];
		return 'together' in step ? step.together.map(execute) : execute(step);
	};
	let step = steps.next();
	while (!step.done) step = steps.next(answer(step.value));
	return step.value;
}

/** Runs a command on an engine behind a network. */
export async function runStepsAsync<T>(
	steps: Steps<T>,
	execute: (statement: Statement | Lock) => Promise<readonly object[]>,
): Promise<T> {
	const answer = async (step: Statement | Lock | Together): Promise<readonly object[]> =>
		'together' in step ? await Promise.all(step.together.map(execute)) : await execute(step);
	let step = steps.next();
	while (!step.done) step = steps.next(await answer(step.value));
	return step.value;
}
