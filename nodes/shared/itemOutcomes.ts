/**
 * The frame of the operations that treat the items together: everything is checked before anything is done, so a mistake
 * in the fifth item does not leave four events behind; then each item has an outcome of its own.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { errorItem, toNodeError } from './nodeErrors';

export type Prepared<T> = T & { readonly itemIndex: number };

export class ItemOutcomes {
	private readonly output = new Map<number, INodeExecutionData>();
	private readonly failures: { readonly itemIndex: number; readonly error: unknown }[] = [];
	private attempted = 0;

	constructor(private readonly context: IExecuteFunctions) {}

	/** @throws NodeOperationError for the first item that cannot be prepared, unless the node is set to continue */
	prepare<T extends object>(make: (item: INodeExecutionData, itemIndex: number) => T): readonly Prepared<T>[] {
		const prepared = this.context.getInputData().flatMap((item, itemIndex) => {
			try {
				return [{ ...make(item, itemIndex), itemIndex }];
			} catch (error) {
				const known = toNodeError(this.context.getNode(), error, itemIndex);
				if (!this.context.continueOnFail()) throw known;
				this.output.set(itemIndex, errorItem(known, itemIndex));
				return [];
			}
		});
		this.attempted = prepared.length;
		return prepared;
	}

	succeed(itemIndex: number, item: INodeExecutionData): void {
		this.output.set(itemIndex, item);
	}

	fail(itemIndex: number, error: unknown): void {
		this.failures.push({ itemIndex, error });
	}

	/** Fails those that have no outcome yet: nothing was attempted for them. */
	failRest(prepared: readonly Prepared<object>[], error: unknown): void {
		const failed = new Set(this.failures.map(({ itemIndex }) => itemIndex));
		for (const { itemIndex } of prepared) {
			if (!this.output.has(itemIndex) && !failed.has(itemIndex)) this.fail(itemIndex, error);
		}
	}

	/**
	 * One item for each of the input, in its order.
	 *
	 * @throws NodeOperationError the first failure, unless the node is set to continue; what was stored stays stored, so it says how much
	 */
	settle(): INodeExecutionData[] {
		const [first] = this.failures;
		if (first && !this.context.continueOnFail()) throw this.withCount(first);
		for (const { itemIndex, error } of this.failures) {
			this.output.set(itemIndex, errorItem(toNodeError(this.context.getNode(), error, itemIndex), itemIndex));
		}
		return this.context.getInputData().flatMap((_item, itemIndex) => this.output.get(itemIndex) ?? []);
	}

	private withCount({ itemIndex, error }: { readonly itemIndex: number; readonly error: unknown }): Error {
		const known = toNodeError(this.context.getNode(), error, itemIndex);
		const stored = this.output.size;
		if (stored > 0) {
			known.description =
				`${known.description ?? ''} ${stored} of ${this.attempted} events were stored. Give them an Event ID if the node may run again.`.trim();
		}
		return known;
	}
}
