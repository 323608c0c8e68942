/**
 * What *This n8n's Default* means: the broker in `EVENT_BUS_URL`, else the embedded one in n8n's own folder; and the same
 * for the event store.
 *
 * Reads the environment it is given and nothing else, so that the table of cases is a test.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { brokerFromUrl, type ChosenBroker } from '../../src/broker/registry';
import { EventBusError } from '../../src/kernel/errors';
import { type ChosenStore, storeFromUrl } from '../../src/store/stores';

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
	refuseSeveralProcesses(environment, 'broker', 'EVENT_BUS_URL to a broker');
	return brokerFromUrl(builtInUrl(environment));
}

/**
 * The event store behind *This n8n's Default*: `EVENT_STORE_URL`, else beside the built-in broker, in the same file.
 *
 * @throws EventBusError `settings` as `defaultConnection`
 */
export function defaultStore(environment: Environment): ChosenStore {
	const url = environment.EVENT_STORE_URL?.trim();
	if (url) return storeFromUrl(url);
	if (isOff(environment.EVENT_BUS_EMBEDDED)) {
		throw new EventBusError(
			'settings',
			'No event store is configured, and EVENT_BUS_EMBEDDED=off forbids the built-in one',
			{ hint: 'Set EVENT_STORE_URL for this n8n, or choose a credential under Connection' },
		);
	}
	refuseSeveralProcesses(environment, 'event store', 'EVENT_STORE_URL to a PostgreSQL');
	return storeFromUrl(builtInUrl(environment));
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
function refuseSeveralProcesses(environment: Environment, what: string, instead: string): void {
	const isQueue = environment.EXECUTIONS_MODE?.trim() === 'queue';
	const isMultiMain = environment.N8N_MULTI_MAIN_SETUP_ENABLED?.trim() === 'true';
	if (!isQueue && !isMultiMain) return;
	const mode = isQueue ? 'queue mode' : 'multi-main mode';
	throw new EventBusError(
		'settings',
		`n8n runs in ${mode}, where the built-in ${what} of one process is not seen by the others`,
		{
			hint: `Set ${instead} that all n8n processes reach, or to sqlite:/shared/path/event-bus.db if all of them run on this host`,
		},
	);
}

function isOff(value: string | undefined): boolean {
	return ['off', 'false', '0', 'no'].includes(value?.trim().toLowerCase() ?? '');
}
