/**
 * `npm start`: a private n8n with the bundled workflows, three sample orders, and the editor to look at it all.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { manifests } from '../src/broker/registry';
import { isEventBusError, messageOf } from '../src/kernel/errors';
import { brokerForStart, brokerList, type BrokerForStart } from './brokerForStart';
import { runHeadless } from './headless';
import { installPackage } from './installPackage';
import { N8nServer } from './n8n/n8nServer';
import { IMPORTED, LOG_FILE, occupy, ownerAccount, RUN_FOLDER } from './n8n/privateInstance';
import { publishWorkflows, workflowFiles } from './n8n/publishWorkflows';
import { callWebhook, RestClient } from './n8n/restClient';
import { placeOrders } from './orders/placeOrders';
import { readSampleOrders } from './orders/sampleOrders';
import { packTarball } from './packTarball';
import { whenAskedToEnd } from './toolchain/endOfProcess';
import { consoleLog as log, SetupError, step } from './toolchain/log';
import { ensureN8n } from './toolchain/n8n';
import { ALL_IN_ONE, WORKFLOWS } from './workflowFolder';

const USAGE = `Usage: npm start [-- options]

Starts a private n8n in .run/ with the bundled workflows, and places three orders.

  --broker <name>  which broker carries the events:
${brokerList()
	.map((line) => `                     ${line}`)
	.join('\n')}
                   EVENT_BUS_URL is used if it is one of that kind; else the broker is started too, with its data in
                   .run/servers/. Default: the broker of EVENT_BUS_URL, else the built-in one.
  --headless       run the workflows in n8n's engine inside this process, without the full n8n, and end:
                   code 0 if every expected event arrived
  --exit           stop after the orders, with the same code
  --help           this text`;

const DEFAULT_PORT = 5678;
const SERVERS_FOLDER = join(RUN_FOLDER, 'servers');

interface Flags {
	readonly broker?: string;
	readonly headless: boolean;
	readonly exit: boolean;
	readonly help: boolean;
}

/** @returns what is wrong with flags it does not know */
function readFlags(args: readonly string[]): Flags | string {
	try {
		const boolean = { type: 'boolean', default: false } as const;
		const options = { broker: { type: 'string' }, headless: boolean, exit: boolean, help: boolean } as const;
		const { values } = parseArgs({ args: [...args], options });
		const isKnown = values.broker === undefined || manifests.some(({ kind }) => kind === values.broker);
		return isKnown ? values : `There is no broker "${values.broker}".`;
	} catch (error) {
		return messageOf(error);
	}
}

function verdict(asExpected: boolean): string {
	return asExpected ? '\nEvery expected event arrived, and no other.' : '\nNot every event was as expected; see above.';
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
	const flags = readFlags(args);
	if (typeof flags === 'string') {
		console.log(`${flags}\n\n${USAGE}`);
		return 2;
	}
	if (flags.help) {
		console.log(USAGE);
		return 0;
	}
	if (!flags.headless) return await runServer(flags);
	const complete = await runHeadless(flags.broker, log);
	log(verdict(complete));
	return complete ? 0 : 1;
}

async function runServer({ broker: kind, exit }: Flags): Promise<number> {
	const installation = await ensureN8n(log);
	const tarball = await packTarball(log);
	const folder = await occupy(installation);
	let stopping = false;
	try {
		await step(log, 'Installing the package as n8n does', async () => {
			await installPackage(tarball, RUN_FOLDER, log);
		});
		await using broker = await brokerForStart({ kind, userFolder: RUN_FOLDER, serversFolder: SERVERS_FOLDER }, log);
		await using server = await step(log, 'Starting n8n', async () => {
			const options = { installation, userFolder: RUN_FOLDER, port: DEFAULT_PORT, logFile: LOG_FILE };
			return await N8nServer.start({ ...options, env: { EVENT_BUS_URL: broker.url } });
		});
		const asked = new Promise<number>((resolve) => {
			whenAskedToEnd((exitCode) => {
				if (stopping) {
					// A second Ctrl+C does not want to wait. A broker of ours ends with this process.
					server.kill();
					process.exit(exitCode);
				}
				stopping = true;
				log('\nStopping …');
				// Stopping is how this command is meant to end.
				resolve(0);
			});
		});
		const ended = server.ended.then(async () => {
			if (stopping) return 0;
			throw new SetupError(await server.lastWords());
		});
		return await Promise.race([asked, ended, work(server, broker, exit, ended)]);
	} finally {
		await folder.release();
	}
}

/** @returns the exit code; without `exit` only when n8n has ended */
async function work(
	server: N8nServer,
	{ chosen, facts }: BrokerForStart,
	exit: boolean,
	ended: Promise<number>,
): Promise<number> {
	const owner = await ownerAccount();
	const client = await RestClient.signIn(server.url, owner);
	await step(log, 'Publishing the workflows', async () => {
		const changes = await publishWorkflows(client, await workflowFiles(WORKFLOWS, [ALL_IN_ONE]), IMPORTED);
		for (const [name, change] of changes) log(`  ${change.padEnd(9)} ${name}`);
	});
	const place = async (body: object) => await callWebhook(server.url, 'orders', body);
	const orders = await readSampleOrders(WORKFLOWS);
	const complete = await placeOrders(orders, chosen, place, log);
	log(verdict(complete));
	const order = `curl -X POST ${server.url}/webhook/orders -H 'content-type: application/json' -d '${JSON.stringify(orders[0]?.body)}'`;
	const more = [
		['Editor', server.url],
		['Log in', `${owner.email}  ${owner.password}`],
		['Log file', LOG_FILE],
		['Order', order],
		['Stop', 'Ctrl+C'],
	] as const;
	log('');
	for (const [name, value] of exit ? facts : [...facts, ...more]) log(`  ${name.padEnd(10)}${value}`);
	if (exit) return complete ? 0 : 1;
	return await ended;
}

void main(process.argv.slice(2)).then(
	(exitCode) => process.exit(exitCode),
	(error: unknown) => {
		console.error(error instanceof SetupError ? error.message : error);
		if (isEventBusError(error) && error.hint) console.error(`→ ${error.hint}`);
		process.exit(1);
	},
);
