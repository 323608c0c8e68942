/**
 * Which file does what the panel says.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { cancelSagas, resumeSagas } from './changeSagas';
import { getSagas, listSagas } from './getSagas';
import { runSagas } from './runSagas';
import type { SagaOperation } from './settings';

export const OPERATIONS: Readonly<
	Record<SagaOperation, (context: IExecuteFunctions) => Promise<INodeExecutionData[]>>
> = { run: runSagas, get: getSagas, list: listSagas, resume: resumeSagas, cancel: cancelSagas };
