/** A promise settled from outside. */
export interface Deferred<Value> {
	readonly promise: Promise<Value>;
	resolve(value: Value): void;
	reject(error: Error): void;
}

export function deferred<Value>(): Deferred<Value> {
	let settle: Pick<Deferred<Value>, 'resolve' | 'reject'> | undefined;
	const promise = new Promise<Value>((resolve, reject) => {
		settle = { resolve, reject };
	});
	if (!settle) throw new Error('Promise did not call its executor');
	return { promise, ...settle };
}
