/**
 * Which file does what the panel says.
 */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { getFlowMap } from './getFlowMap';
import { getTrail } from './getTrail';
import { searchEvents } from './searchEvents';
import type { TrailOperation } from './settings';

export const OPERATIONS: Readonly<
	Record<TrailOperation, (context: IExecuteFunctions) => Promise<INodeExecutionData[]>>
> = { getTrail, getFlowMap, search: searchEvents };
