/**
 * Finds node and credential types in the loaded packages by their full name, `package.type`.
 */
import type { ICredentialType, IDataObject, INodeType, INodeTypes, IVersionedNodeType } from 'n8n-workflow';
import type { N8n, PackageLoader } from './n8nModules';

export class PackageNodeTypes implements INodeTypes {
	private readonly loaders = new Map<string, PackageLoader>();

	constructor(private readonly n8n: N8n) {}

	/** @param folder holds a package.json with an `n8n` block */
	async addPackage(folder: string): Promise<void> {
		await this.add(new this.n8n.core.PackageDirectoryLoader(folder));
	}

	/** For a package with a prebuilt index (n8n-nodes-base): a node is loaded when it is first used. */
	async addIndexedPackage(folder: string): Promise<void> {
		await this.add(new this.n8n.core.LazyPackageDirectoryLoader(folder));
	}

	getByName(fullName: string): INodeType | IVersionedNodeType {
		const dot = fullName.lastIndexOf('.');
		const loader = this.loaders.get(fullName.slice(0, dot));
		if (!loader) {
			const loaded = [...this.loaders.keys()].join(', ');
			throw new Error(`No package for the node type "${fullName}" was given to the engine; it has ${loaded}`);
		}
		return loader.getNode(fullName.slice(dot + 1)).type;
	}

	getByNameAndVersion(fullName: string, version?: number): INodeType {
		return this.n8n.workflow.NodeHelpers.getVersionedNodeType(this.getByName(fullName), version);
	}

	getKnownTypes(): IDataObject {
		const known: IDataObject = {};
		for (const [name, loader] of this.loaders) {
			for (const [node, where] of Object.entries(loader.known.nodes)) known[`${name}.${node}`] = { ...where };
		}
		return known;
	}

	credentialType(name: string): ICredentialType | undefined {
		for (const loader of this.loaders.values()) {
			if (name in loader.known.credentials) return loader.getCredential(name).type;
		}
		return undefined;
	}

	private async add(loader: PackageLoader): Promise<void> {
		await loader.loadAll();
		this.loaders.set(loader.packageName, loader);
	}
}
