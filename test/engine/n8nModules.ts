/**
 * The parts of n8n's engine that a run needs.
 *
 * n8n is no dependency of this package: it is required at run time from the folder the tool chain installed it in. What is
 * used of n8n-core is declared here; checked against n8n-core 2.40.
 */
import type {
	CredentialInformation,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IDataObject,
	IExecuteResponsePromiseData,
	INode,
	INodeCredentialsDetails,
	INodeType,
	IPollFunctions,
	IRun,
	IRunExecutionData,
	ITriggerFunctions,
	IVersionedNodeType,
	IWorkflowBase,
	IWorkflowDataProxyAdditionalKeys,
	IWorkflowExecuteAdditionalData,
	IWorkflowSettings,
	Workflow,
	WorkflowActivateMode,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { hostRequireFrom } from './hostRequire';

declare module 'n8n-workflow' {
	/** What n8n-core adds to the type for itself. */
	interface IWorkflowExecuteAdditionalData {
		hooks?: LifecycleHooks;
		workflowSettings?: IWorkflowSettings;
	}
}

export type N8nWorkflow = typeof import('n8n-workflow');

export interface N8n {
	readonly core: N8nCore;
	readonly workflow: N8nWorkflow;
	readonly container: Container;
	/** The `node_modules` folder it was loaded from. */
	readonly path: string;
	/** Keeps a timer and a listener on the process until it is shut down; n8n-core does not export it. */
	readonly SshClientsManager: Class<{ onShutdown(): void }>;
}

type Class<Instance, Arguments extends readonly unknown[] = []> = new (...args: Arguments) => Instance;

/** n8n's dependency injection: one instance a class. */
interface Container {
	get<Instance>(type: abstract new (...args: never[]) => Instance): Instance;
	reset(): void;
}

export interface N8nCore {
	readonly InstanceSettings: Class<{ readonly encryptionKey: string; markAsLeader(): void }>;
	readonly BinaryDataService: Class<{ init(): Promise<void> }>;
	readonly Cipher: Class<{ encryptDEKWithInstanceKey(key: string): string }>;
	readonly EncryptionKeyProxy: Class<{ setProvider(provider: EncryptionKeyProvider): void }>;
	readonly Credentials: Class<StoredCredential, [INodeCredentialsDetails, string]>;
	readonly PackageDirectoryLoader: Class<PackageLoader, [string]>;
	readonly LazyPackageDirectoryLoader: Class<PackageLoader, [string]>;
	readonly ExecutionLifecycleHooks: Class<LifecycleHooks, [WorkflowExecuteMode, string, IWorkflowBase]>;
	readonly WorkflowExecute: Class<
		WorkflowExecute,
		[IWorkflowExecuteAdditionalData, WorkflowExecuteMode, IRunExecutionData?]
	>;
	readonly WorkflowHasIssuesError: Class<Error>;
	readonly ActiveWorkflowTriggers: Class<ActiveWorkflowTriggers>;
	readonly TriggerContext: Class<
		ITriggerFunctions,
		[
			Workflow,
			INode,
			IWorkflowExecuteAdditionalData,
			WorkflowExecuteMode,
			WorkflowActivateMode,
			ITriggerFunctions['emit'],
			ITriggerFunctions['emitError'],
			ITriggerFunctions['saveFailedExecution'],
		]
	>;
	readonly PollContext: Class<
		IPollFunctions,
		[
			Workflow,
			INode,
			IWorkflowExecuteAdditionalData,
			WorkflowExecuteMode,
			WorkflowActivateMode,
			IPollFunctions['__emit'],
		]
	>;
	getAdditionalKeys(
		additionalData: IWorkflowExecuteAdditionalData,
		mode: WorkflowExecuteMode,
		runExecutionData: IRunExecutionData,
	): IWorkflowDataProxyAdditionalKeys;
}

interface EncryptionKeyProvider {
	getActiveKey(): Promise<EncryptionKey>;
	getLegacyKey(): Promise<EncryptionKey>;
	getKeyById(id: string): Promise<EncryptionKey | null>;
}

interface EncryptionKey {
	readonly id: string;
	readonly value: string;
	readonly algorithm: 'aes-256-cbc';
	readonly format: 'no-prefix';
}

export interface StoredCredential {
	setData(data: Record<string, CredentialInformation>): Promise<void>;
	getData(): Promise<ICredentialDataDecryptedObject>;
}

export interface PackageLoader {
	readonly packageName: string;
	readonly known: {
		readonly nodes: Record<string, { readonly className: string; readonly sourcePath: string }>;
		readonly credentials: Record<string, unknown>;
	};
	loadAll(): Promise<void>;
	/** Throws for a type the package does not have. */
	getNode(name: string): { readonly type: INodeType | IVersionedNodeType };
	getCredential(name: string): { readonly type: ICredentialType };
}

export interface LifecycleHooks {
	addHandler(name: 'workflowExecuteAfter', handler: (run: IRun, newStaticData?: IDataObject) => void): void;
	addHandler(name: 'sendResponse', handler: (response: IExecuteResponsePromiseData) => void): void;
	runHook(name: 'workflowExecuteAfter', parameters: [IRun]): Promise<void>;
}

/** Ends as a run even when cancelled; then `run.status` is `canceled`. */
export interface CancelableRun extends Promise<IRun> {
	cancel(): void;
	readonly isCanceled: boolean;
}

interface WorkflowExecute {
	run(options: { readonly workflow: Workflow; readonly startNode?: INode | undefined }): CancelableRun;
	processRunExecutionData(workflow: Workflow): CancelableRun;
}

type TriggerFunctions = (
	workflow: Workflow,
	node: INode,
	additionalData: IWorkflowExecuteAdditionalData,
	mode: WorkflowExecuteMode,
	activation: WorkflowActivateMode,
) => ITriggerFunctions;

type PollFunctions = (...args: Parameters<TriggerFunctions>) => IPollFunctions;

export interface ActiveWorkflowTriggers {
	addAllTriggers(
		workflowId: string,
		workflow: Workflow,
		additionalData: IWorkflowExecuteAdditionalData,
		mode: WorkflowExecuteMode,
		activation: WorkflowActivateMode,
		getTriggerFunctions: TriggerFunctions,
		getPollFunctions: PollFunctions,
	): Promise<void>;
	addTriggers(
		workflowId: string,
		workflow: Workflow,
		nodeIds: readonly string[],
		additionalData: IWorkflowExecuteAdditionalData,
		mode: WorkflowExecuteMode,
		activation: WorkflowActivateMode,
		getTriggerFunctions: TriggerFunctions,
		getPollFunctions: PollFunctions,
	): Promise<void>;
	removeTriggers(workflowId: string, nodeIds: ReadonlySet<string>): Promise<void>;
	remove(workflowId: string): Promise<boolean>;
	allActiveWorkflows(): string[];
}

/**
 * Loads n8n's engine; a second call with the same folder gives the same modules.
 *
 * Reads the environment while it loads, so set N8N_* first (hostEnvironment.ts).
 *
 * @param nodePath a `node_modules` folder that holds n8n-core, n8n-workflow and n8n-nodes-base
 */
export function loadN8n(nodePath: string): N8n {
	const require = hostRequireFrom(nodePath);
	require('reflect-metadata');
	const { Container } = require('@n8n/di') as { Container: Container };
	const ssh = require('n8n-core/dist/execution-engine/ssh-clients-manager.js') as {
		SSHClientsManager: N8n['SshClientsManager'];
	};
	return {
		core: require('n8n-core') as N8nCore,
		workflow: require('n8n-workflow') as N8nWorkflow,
		container: Container,
		path: nodePath,
		SshClientsManager: ssh.SSHClientsManager,
	};
}
