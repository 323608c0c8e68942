/**
 * What n8n's workflow table is to a run: the saved JSON, and the static data that outlives runs.
 */
import type { IConnections, IDataObject, INode, IWorkflowBase, IWorkflowSettings, Workflow } from 'n8n-workflow';
import type { N8n } from './n8nModules';
import type { PackageNodeTypes } from './nodeTypes';

/** A workflow as it is exported; what the engine does not read (tags, pinned data, version) may be missing. */
export interface WorkflowJson {
	readonly id: string;
	readonly name: string;
	readonly nodes: readonly INode[];
	readonly connections: IConnections;
	readonly settings?: IWorkflowSettings;
}

export class WorkflowShelf {
	private readonly saved = new Map<string, WorkflowJson>();
	private readonly staticData = new Map<string, string>();

	constructor(
		private readonly n8n: N8n,
		private readonly types: PackageNodeTypes,
	) {}

	save(workflow: WorkflowJson): WorkflowJson {
		// A copy: n8n fills in defaults on the nodes it runs, and a test may use the same JSON twice.
		const copy = structuredClone(workflow);
		this.saved.set(copy.id, copy);
		return copy;
	}

	get(id: string): WorkflowJson | undefined {
		return this.saved.get(id);
	}

	all(): readonly WorkflowJson[] {
		return [...this.saved.values()];
	}

	/**
	 * Ready to run, with the static data as it was last saved. Like n8n, two runs at once each get a copy, and the one that
	 * ends last wins.
	 */
	open(json: WorkflowJson, active: boolean): Workflow {
		const { id, name, connections } = json;
		return new this.n8n.workflow.Workflow({
			id,
			name,
			nodes: structuredClone(json.nodes) as INode[],
			connections,
			active,
			nodeTypes: this.types,
			staticData: this.readStaticData(id),
			settings: json.settings ?? {},
		});
	}

	readStaticData(id: string): IDataObject {
		return JSON.parse(this.staticData.get(id) ?? '{}') as IDataObject;
	}

	saveStaticData(id: string, data: IDataObject): void {
		this.staticData.set(id, JSON.stringify(data));
	}

	/** What a trigger changed outside a run. */
	saveChangedStaticData(workflow: Workflow): void {
		const data = workflow.staticData;
		if (data.__dataChanged !== true) return;
		this.saveStaticData(workflow.id, data);
		data.__dataChanged = false;
	}
}

/** The shape n8n-core's hooks want. */
export function asWorkflowBase({ id, name, nodes, connections, settings }: WorkflowJson): IWorkflowBase {
	const when = new Date();
	return {
		id,
		name,
		nodes: nodes as INode[],
		connections,
		settings: settings ?? {},
		active: true,
		activeVersionId: null,
		isArchived: false,
		createdAt: when,
		updatedAt: when,
	};
}
