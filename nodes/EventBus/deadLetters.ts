/**
 * Dead Letter of the Event Bus node: those of a consumer group, on a broker.
 */
import type { INodeProperties } from 'n8n-workflow';
import { deadLetterOperations } from '../shared/deadLetterOperations';
import { deadLetterPanel } from '../shared/deadLetterProperties';
import { withLink } from './link';
import { readDeadLettersOf } from './settings';

const group: INodeProperties = {
	displayName: 'Consumer Group',
	name: 'group',
	type: 'string',
	default: '',
	placeholder: 'e.g. billing',
	description: 'Whose dead letters. Empty: those of all groups.',
};

export const deadLetterProperties = deadLetterPanel(group);

export const deadLetters = deadLetterOperations({ open: withLink, of: readDeadLettersOf });
