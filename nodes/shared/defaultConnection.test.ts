import { homedir } from 'node:os';
import { join } from 'node:path';
import { defaultConnection, eventBusFolder, type Environment } from './defaultConnection';

function described(environment: Environment): string {
	const { manifest, settings } = defaultConnection(environment);
	return `${manifest.kind}: ${manifest.describe(settings)}`;
}

describe("this n8n's default", () => {
	it.each<[string, Environment, string]>([
		['is the embedded broker in n8n’s folder', { N8N_USER_FOLDER: '/data' }, '/data/.n8n/event-bus/event-bus.db'],
		['is the file that EVENT_BUS_URL names', { EVENT_BUS_URL: 'sqlite:/shared/bus.db' }, '/shared/bus.db'],
		[
			'takes an explicit file in queue mode',
			{ EVENT_BUS_URL: 'sqlite:/shared/bus.db', EXECUTIONS_MODE: 'queue' },
			'/shared/bus.db',
		],
		[
			'takes an explicit file although the fallback is off',
			{ EVENT_BUS_URL: 'sqlite:/a.db', EVENT_BUS_EMBEDDED: 'off' },
			'/a.db',
		],
		[
			'ignores an empty EVENT_BUS_URL',
			{ EVENT_BUS_URL: ' ', N8N_USER_FOLDER: '/data' },
			'/data/.n8n/event-bus/event-bus.db',
		],
		[
			'stays embedded in regular mode',
			{ EXECUTIONS_MODE: 'regular', N8N_USER_FOLDER: '/data' },
			'/data/.n8n/event-bus/event-bus.db',
		],
	])('%s', (_name, environment, path) => {
		expect(described(environment)).toMatch(/^embedded: /);
		expect(described(environment)).toContain(path);
	});

	it.each<[string, Environment, RegExp, RegExp]>([
		['queue mode', { EXECUTIONS_MODE: 'queue' }, /queue mode/, /EVENT_BUS_URL/],
		['multi-main mode', { N8N_MULTI_MAIN_SETUP_ENABLED: 'true' }, /multi-main/, /sqlite:\/shared/],
		['a forbidden fallback', { EVENT_BUS_EMBEDDED: 'off' }, /EVENT_BUS_EMBEDDED/, /EVENT_BUS_URL/],
	])('refuses the embedded broker for %s and says what to do', (_name, environment, message, hint) => {
		expect(() => defaultConnection(environment)).toThrow(
			expect.objectContaining({
				code: 'settings',
				message: expect.stringMatching(message) as string,
				hint: expect.stringMatching(hint) as string,
			}),
		);
	});

	it('refuses a URL that no broker knows', () => {
		expect(() => defaultConnection({ EVENT_BUS_URL: 'gopher://bus' })).toThrow(
			expect.objectContaining({ code: 'settings' }),
		);
	});

	it('keeps its files beside the database of n8n', () => {
		expect(eventBusFolder({})).toBe(join(homedir(), '.n8n', 'event-bus'));
	});
});
