/**
 * What n8n gives every run beside the workflow: credentials, addresses, sub-workflows, the Code node's runner.
 */
import type { IWorkflowExecuteAdditionalData } from 'n8n-workflow';
import type { CredentialStore } from './credentialsHelper';

/** Nothing listens here: an engine has no HTTP server, but expressions and nodes read the addresses. */
const BASE = 'http://localhost:5678';

type Ports = Pick<IWorkflowExecuteAdditionalData, 'executeWorkflow' | 'startRunnerTask' | 'getRunExecutionData'>;

export function makeAdditionalData(
	workflowId: string,
	credentials: CredentialStore,
	ports: Ports,
): IWorkflowExecuteAdditionalData {
	return {
		...ports,
		workflowId,
		credentialsHelper: credentials.helper,
		currentNodeExecutionIndex: 0,
		variables: {},
		instanceBaseUrl: `${BASE}/`,
		restApiUrl: `${BASE}/rest`,
		formBaseUrl: `${BASE}/form`,
		formWaitingBaseUrl: `${BASE}/form-waiting`,
		formTestBaseUrl: `${BASE}/form-test`,
		webhookBaseUrl: `${BASE}/webhook`,
		webhookWaitingBaseUrl: `${BASE}/webhook-waiting`,
		webhookTestBaseUrl: `${BASE}/webhook-test`,
		mcpBaseUrl: `${BASE}/mcp`,
		mcpTestBaseUrl: `${BASE}/mcp-test`,
		getRuntimeCredential: () => Promise.resolve(undefined),
		getRunnerStatus: () => ({ available: true }),
		setExecutionStatus: () => undefined,
		sendDataToUI: () => undefined,
		logAiEvent: () => undefined,
	};
}
