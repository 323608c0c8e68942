/** The code of a system error ('ENOENT'), by its shape: in Jest, Node's own errors are not `instanceof Error`. */
export function errorCode(error: unknown): unknown {
	return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
