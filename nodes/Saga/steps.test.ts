import type { INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import { properties, RUN_DEFAULTS, toolReplacements } from './properties';
import { stepsParameter } from './stepProperties';
import { definitionOf, needsBus, replyChannels, STEP_DEFAULTS } from './steps';

const http = (name: string, more: object = {}) => ({ name, do: 'http', url: 'http://x/', ...more });
const one = (row: object) => definitionOf('order', [row]).steps[0];

describe('the rows of a saga', () => {
	it('wait for the row above, unless they say otherwise', () => {
		const { steps } = definitionOf('order', [
			http('a'),
			http('b'),
			http('c', { options: { runAfter: 'a' } }),
			http('d', { options: { runAfter: '' } }),
			http('e', { options: { runAfter: 'c, d' } }),
		]);
		expect(steps.map(({ after }) => after)).toEqual([[], ['a'], ['a'], [], ['c', 'd']]);
	});

	it('have defaults', () => {
		expect(one(http('a'))).toEqual({
			name: 'a',
			after: [],
			action: { kind: 'http', template: { method: 'POST', url: 'http://x/', data: {} }, succeedsOn: [], failsOn: [] },
			undo: null,
			retry: { maxAttempts: 5, backoff: { initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0.2 } },
			timeoutMs: 60_000,
			pointOfNoReturn: false,
			service: '',
		});
	});

	it('keep expressions as they are written', () => {
		const data = '={{ $json.steps.a.id }}';
		expect(one(http('a', { data, url: '={{ $json.services.pay }}/charge' }))?.action.template).toEqual({
			method: 'POST',
			url: '={{ $json.services.pay }}/charge',
			data,
		});
	});

	it('call workflows by id, chosen from the list or by expression', () => {
		const workflow = { __rl: true, mode: 'list', value: 'wf1' };
		expect(one({ name: 'a', do: 'workflow', workflow })?.action.template).toEqual({ workflow: 'wf1', data: {} });
		expect(one({ name: 'a', workflow: 'wf2' })?.action.template).toEqual({ workflow: 'wf2', data: {} });
	});

	it('publish commands, and tell where answers come', () => {
		const definition = definitionOf('order', [
			{ name: 'a', do: 'event', eventType: 'a.wanted', succeedsOn: 'a.done, a.known', failsOn: 'a.refused' },
			{ name: 'b', do: 'event', eventType: 'b.told', options: { channel: 'news' } },
			http('c', {
				undo: 'event',
				undoEventType: 'c.undo',
				options: { channel: 'undos', undoSucceedsOn: 'c.undone' },
			}),
		]);
		expect(definition.steps[0]?.action).toMatchObject({
			template: { type: 'a.wanted', channel: 'events' },
			succeedsOn: ['a.done', 'a.known'],
			failsOn: ['a.refused'],
		});
		expect([...replyChannels(definition)]).toEqual(['events', 'undos']);
		expect(needsBus(definition)).toBe(true);
		expect(needsBus(definitionOf('order', [http('a')]))).toBe(false);
	});

	it.each([
		[http('a', { url: '' }), 'URL of a is empty'],
		[http('a', { url: 'ftp://x' }), 'URL of a is no address: "ftp://x"'],
		[http('a', { data: '{' }), 'Data of a is not JSON'],
		[http('a', { undo: 'http' }), 'Undo URL of a is empty'],
		[http('={{ $json.x }}'), 'Name of step ={{ $json.x }} is an expression'],
		[http('a', { options: { maxAttempts: '={{ 1 }}' } }), 'maxAttempts of step a is an expression'],
		[http('a', { options: { maxAttempts: 0 } }), 'Max Attempts of step a is 0'],
		[http('a', { options: { timeoutSeconds: 0 } }), 'The Timeout of step a is 0'],
		[http('a', { do: 'fax' }), 'Do of a is "fax"'],
		[{ name: 'a', do: 'event', eventType: 'no type' }, 'no type'],
		[
			{ name: 'a', do: 'event', eventType: 'a.b', options: { channel: 'no channel' } },
			'"no channel" cannot be the name',
		],
		[{ name: 'a', do: 'event', eventType: 'a.b', failsOn: 'a.c' }, 'Step a says which events fail it'],
		[http('a', { undo: 'http', undoUrl: 'http://x', undoData: '={{ $input.item }}' }), 'Undo Data of a uses $input'],
	])('%# are refused: %j', (row, message) => {
		expect(() => one(row)).toThrow(message);
	});

	it('must be there', () => {
		expect(() => definitionOf('order', undefined)).toThrow('The saga order has no steps');
	});
});

describe('the panel', () => {
	const values = (stepsParameter.options?.[0] as INodePropertyCollection).values;
	const options = values.find(({ name }) => name === 'options')?.options as INodeProperties[];

	it.each(Object.entries(STEP_DEFAULTS))('shows %s as it is when nothing is chosen', (name, value) => {
		expect(options.find((option) => option.name === name)?.default).toBe(value);
	});

	it('shows the defaults of a run', () => {
		const members = properties.flatMap((property) => [property, ...((property.options ?? []) as INodeProperties[])]);
		for (const [name, value] of Object.entries(RUN_DEFAULTS)) {
			expect(members.find((member) => member.name === name)?.default).toBe(value);
		}
	});

	it('lets an AI agent run and look, and nothing else', () => {
		const operation = toolReplacements.properties?.find(({ name }) => name === 'operation');
		expect(operation?.options?.map((option) => 'value' in option && option.value)).toEqual(['get', 'run']);
	});
});
