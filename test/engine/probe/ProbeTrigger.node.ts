/**
 * The smallest trigger there can be: a test takes hold of its `emit` and looks at what n8n answers.
 *
 * Only types of n8n-workflow are imported: the package must load before anything resolves that module.
 */
import type {
	IDataObject,
	IRun,
	INodeType,
	INodeTypeDescription,
	ITriggerFunctions,
	ITriggerResponse,
} from 'n8n-workflow';

export interface Probe {
	/** Starts a run with one item and resolves with what `donePromise` gives. */
	emit(json: IDataObject): Promise<IRun | undefined>;
	emitError(message: string): void;
	readonly mode: string;
	/** How often `trigger()` ran, this time included. */
	readonly starts: number;
	closed: boolean;
}

/** By the node parameter `name`; the last start wins. */
export const probes = new Map<string, Probe>();

export class ProbeTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Probe Trigger',
		name: 'probeTrigger',
		group: ['trigger'],
		version: 1,
		description: 'Emits what a test tells it to',
		defaults: { name: 'Probe Trigger' },
		inputs: [],
		outputs: ['main'],
		credentials: [{ name: 'httpHeaderAuth', required: false }],
		properties: [{ displayName: 'Name', name: 'name', type: 'string', default: '' }],
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		const name = this.getNodeParameter('name') as string;
		const data = this.getWorkflowStaticData('node');
		const starts = Number(data.starts ?? 0) + 1;
		data.starts = starts;
		const probe: Probe = {
			emit: async (json) => {
				const done = this.helpers.createDeferredPromise<IRun>();
				this.emit([[{ json }]], undefined, done);
				return await done.promise;
			},
			emitError: (message) => this.emitError(new Error(message)),
			mode: this.getMode(),
			starts,
			closed: false,
		};
		probes.set(name, probe);
		return {
			closeFunction: () => {
				probe.closed = true;
				return Promise.resolve();
			},
			manualTriggerFunction: () => {
				this.emit([[{ json: { by: 'hand' } }]]);
				return Promise.resolve();
			},
		};
	}
}
