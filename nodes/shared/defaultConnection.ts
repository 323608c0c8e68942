/**
 * The broker behind *This n8n's Default*: `EVENT_BUS_URL`, else the embedded broker in n8n's own folder.
 *
 * Reads the environment it is given and nothing else, so that the table of cases is a test.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { brokerFromUrl, type ChosenBroker } from '../../src/broker/registry';
import { EventBusError } from '../../src/kernel/errors';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @throws EventBusError `settings` for a URL that cannot work, and where an embedded broker would split the events
 */
export function defaultConnection(environment: Environment): ChosenBroker {
	const url = environment.EVENT_BUS_URL?.trim();
	if (url) return brokerFromUrl(url);
	if (isOff(environment.EVENT_BUS_EMBEDDED)) {
		throw new EventBusError(
			'settings',
			'No broker is configured, and EVENT_BUS_EMBEDDED=off forbids the built-in one',
			{
				hint: 'Set EVENT_BUS_URL for this n8n, or choose a credential under Connection',
			},
		);
	}
	refuseSeveralProcesses(environment);
	return brokerFromUrl(builtInUrl(environment));
}

/** The built-in broker of an n8n with this environment, as EVENT_BUS_URL would name it. */
export function builtInUrl(environment: Environment): string {
	return `sqlite:${encodeURIComponent(join(eventBusFolder(environment), 'event-bus.db'))}`;
}

/** Where the embedded broker and the inbox keep their files: beside n8n's own database. */
export function eventBusFolder(environment: Environment): string {
	return join(environment.N8N_USER_FOLDER?.trim() || homedir(), '.n8n', 'event-bus');
}

/**
 * In queue mode and multi-main the processes of one n8n may run on different hosts: each would silently have a file,
 * and a bus, of its own. Whoever knows that they share a disk says so with an explicit `sqlite:` path.
 */
function refuseSeveralProcesses(environment: Environment): void {
	const isQueue = environment.EXECUTIONS_MODE?.trim() === 'queue';
	const isMultiMain = environment.N8N_MULTI_MAIN_SETUP_ENABLED?.trim() === 'true';
	if (!isQueue && !isMultiMain) return;
	const mode = isQueue ? 'queue mode' : 'multi-main mode';
	throw new EventBusError(
		'settings',
		`n8n runs in ${mode}, where the built-in broker of one process is not seen by the others`,
		{
			hint: 'Set EVENT_BUS_URL to a broker that all n8n processes reach, or to sqlite:/shared/path/event-bus.db if all of them run on this host',
		},
	);
}

function isOff(value: string | undefined): boolean {
	return ['off', 'false', '0', 'no'].includes(value?.trim().toLowerCase() ?? '');
}
