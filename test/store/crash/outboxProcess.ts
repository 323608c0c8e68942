/**
 * Appends events that are to be published, and does with them what its brief says.
 */
import { type Addresses, orderEvents, OutboxOffice } from './outboxOffice';

export interface OutboxBrief extends Addresses {
	readonly streams: number;
	/** Events. */
	readonly count: number;
	/**
	 * die: kill -9 in the moment in which the append resolves.
	 * die-publishing, die-published: relays, and kill -9 just before or after the broker stores events once more than
	 * `confirmed` says.
	 * relay: appends a few at a time and has each few relayed, as the node does, until it is killed.
	 */
	readonly then: 'die' | 'die-publishing' | 'die-published' | 'relay';
	/** How often the broker stores events before the process dies. Default 0. */
	readonly confirmed?: number;
}

export type OutboxReport =
	| { readonly kind: 'publishes'; readonly ids: readonly string[] }
	/** Everything that this process has appended is out. */
	| { readonly kind: 'all sent' };

const A_FEW = 8;
const SENT_WITHIN_MS = 30_000;

// An orphan must not outlive its test.
process.once('disconnect', () => process.exit(1));

async function main({ then, confirmed = 0, ...brief }: OutboxBrief): Promise<void> {
	let publishes = 0;
	const die = (when: OutboxBrief['then']) => {
		if (then === when && publishes > confirmed) process.kill(process.pid, 'SIGKILL');
	};
	await using office = new OutboxOffice(brief, {
		through: (connection) => ({
			...connection,
			publish: async (...call) => {
				publishes += 1;
				die('die-publishing');
				report({ kind: 'publishes', ids: call[1].map(({ id }) => id) });
				const outcomes = await connection.publish(...call);
				die('die-published');
				return outcomes;
			},
		}),
	});
	const events = orderEvents(brief.instance, brief);
	switch (then) {
		case 'die':
			await office.append(events);
			process.kill(process.pid, 'SIGKILL');
			return;
		case 'die-publishing':
		case 'die-published':
			await office.append(events);
			office.relay.watch();
			await forever();
			return;
		case 'relay':
			for (let start = 0; start < events.length; start += A_FEW) {
				const positions = await office.append(events.slice(start, start + A_FEW));
				const outcome = await office.relay.relay(positions, SENT_WITHIN_MS, new AbortController().signal);
				if (outcome !== 'sent') throw new Error('What was appended is still waiting');
			}
			report({ kind: 'all sent' });
			await forever();
	}
}

function report(what: OutboxReport): void {
	process.send?.(what);
}

async function forever(): Promise<void> {
	await new Promise(() => undefined);
}

void main(JSON.parse(process.argv[2] ?? '') as OutboxBrief);
