import type { IExecuteFunctions } from 'n8n-workflow';
import { readSelection } from './deadLetterOperations';

const NOW = Date.parse('2026-02-27T10:30:00Z');

/** n8n's reading of parameters, for a node whose expressions are resolved. */
function context(parameters: Readonly<Record<string, unknown>>): Pick<IExecuteFunctions, 'getNodeParameter'> {
	const getNodeParameter = (name: string, _itemIndex: number, otherwise: unknown) => parameters[name] ?? otherwise;
	return { getNodeParameter: getNodeParameter as IExecuteFunctions['getNodeParameter'] };
}

describe('dead letters are selected', () => {
	it('by what is filled in', () => {
		const filters = { eventTypes: 'order.*', reason: 'timeout', ids: 'a, b', olderThan: 10 };
		expect(readSelection(context({ limit: 5, filters }), 0, NOW)).toEqual({
			previewOnly: false,
			filter: { limit: 5, types: ['order.*'], reason: 'timeout', ids: ['a', 'b'], before: NOW - 600_000 },
		});
	});

	it('all alike when nothing is, up to a limit', () => {
		expect(readSelection(context({}), 0, NOW)).toEqual({ previewOnly: false, filter: { limit: 50 } });
	});
});
