/**
 * Credentials given to the engine, kept encrypted by n8n's own cipher and decrypted for each use, as n8n does.
 */
import type {
	CredentialInformation,
	ICredentialDataDecryptedObject,
	ICredentials,
	ICredentialsHelper,
	INode,
	INodeCredentialsDetails,
} from 'n8n-workflow';
import type { N8n, StoredCredential } from './n8nModules';
import type { PackageNodeTypes } from './nodeTypes';

export interface EngineCredential {
	readonly id: string;
	readonly name: string;
	readonly type: string;
	readonly data: Readonly<Record<string, CredentialInformation>>;
	/** Who may use it. `nobody`: it exists, but n8n's permission check blocks every run that names it. Default `everybody`. */
	readonly sharedWith?: 'everybody' | 'nobody';
}

/** n8n declares an abstract class and only ever calls its methods. */
type CredentialsHelper = Pick<ICredentialsHelper, keyof ICredentialsHelper>;

export interface CredentialStore {
	readonly helper: CredentialsHelper;
	/** @throws Error what n8n's permission check says before a run starts */
	assertUsable(nodes: readonly INode[]): void;
}

export async function storeCredentials(
	n8n: N8n,
	types: PackageNodeTypes,
	credentials: readonly EngineCredential[],
): Promise<CredentialStore> {
	const stored = new Map<string, StoredCredential>();
	for (const { id, name, type, data } of credentials) {
		const credential = new n8n.core.Credentials({ id, name }, type);
		await credential.setData(data);
		stored.set(id, credential);
	}
	const locked = new Set(credentials.filter((each) => each.sharedWith === 'nobody').map((each) => each.id));

	const find = (details: INodeCredentialsDetails, type: string): StoredCredential => {
		const credential = stored.get(details.id ?? '');
		if (!credential) throw new Error(`Credential with ID "${details.id}" does not exist for type "${type}".`);
		return credential;
	};

	return {
		helper: {
			getParentTypes: () => [],
			isCredentialUsableByNode: () => true,
			getCredentials: (details, type) => Promise.resolve(find(details, type) as unknown as ICredentials),
			async getDecrypted(_additionalData, details, type, _mode, _executeData, raw) {
				const data = await find(details, type).getData();
				const definition = types.credentialType(type);
				return definition && raw !== true ? withDefaults(n8n, definition.properties, data) : data;
			},
			async authenticate(data, type, request) {
				const authenticate = types.credentialType(type)?.authenticate;
				return typeof authenticate === 'function' ? await authenticate(data, request as never) : (request as never);
			},
			preAuthentication: () => Promise.resolve(undefined),
			runPreAuthentication: () => Promise.resolve(undefined),
			updateCredentials: () => Promise.resolve(),
			updateCredentialsOauthTokenData: () => Promise.resolve(),
			getCredentialsProperties: (type) => types.credentialType(type)?.properties ?? [],
		},
		assertUsable(nodes) {
			for (const node of nodes) {
				const ids = Object.values(node.credentials ?? {}).map(({ id }) => id ?? '');
				if (node.disabled !== true && ids.some((id) => locked.has(id))) {
					throw new n8n.workflow.UserError(`Node "${node.name}" does not have access to the credential`);
				}
			}
		},
	};
}

/** Fills what was not saved from the type's defaults, and drops fields its form would not show. */
function withDefaults(
	{ workflow }: N8n,
	properties: Parameters<N8n['workflow']['NodeHelpers']['getNodeParameters']>[0],
	data: ICredentialDataDecryptedObject,
): ICredentialDataDecryptedObject {
	const filled = workflow.NodeHelpers.getNodeParameters(properties, data as never, true, false, null, null);
	return (filled as ICredentialDataDecryptedObject | null) ?? data;
}
