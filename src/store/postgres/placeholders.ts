/**
 * PostgreSQL numbers the places of values: `?, ?` is `$1, $2`. No statement of ours has a question mark elsewhere.
 */
const known = new Map<string, string>();

/** Statements with lists of values exist in as many forms as lists have lengths; only short ones are worth keeping. */
const MAX_KEPT = 500;
const MAX_KEPT_LENGTH = 4000;

export function numbered(sql: string): string {
	const found = known.get(sql);
	if (found !== undefined) return found;
	let count = 0;
	const text = sql.replaceAll('?', () => `$${(count += 1)}`);
	if (sql.length <= MAX_KEPT_LENGTH && known.size < MAX_KEPT) known.set(sql, text);
	return text;
}
