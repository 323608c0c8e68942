/**
 * Where a message goes: an exchange and a key, made or looked for before anything is sent. A message to an exchange that
 * is not there would close the channel, and with it every other message on its way.
 */
import type { Address, PublishOptions, WireMessage } from '../../broker/types';
import { EventBusError } from '../../kernel/errors';
import { missingQueue } from './errors';
import type { Exchanges } from './exchanges';
import type { Link } from './link';
import { deadLetterExchange, deadLetterQueue, groupNames, nativeName } from './names';
import { probeQueue } from './probe';
import type { QueueSettings } from './settings';

export interface Target {
	readonly exchange: string;
	keyOf(message: WireMessage): string;
	/** The key says where, not what: the type travels otherwise. */
	readonly direct: boolean;
	/** What it means that no queue took it; null: that nobody wants it. */
	readonly unrouted: EventBusError | null;
}

type GroupAddress = Extract<Address, { kind: 'group' }>;
type DeadLettersAddress = Extract<Address, { kind: 'dead-letters' }>;

export class Targets {
	/** Existing queues, once they were found. */
	private readonly queuesFound = new Set<string>();

	constructor(
		private readonly link: Link,
		private readonly exchanges: Exchanges,
		private readonly queues: QueueSettings,
	) {}

	/** @throws EventBusError `not-found` | `auth` | `conflict` | … */
	async of(to: Address, options: PublishOptions): Promise<Target> {
		switch (to.kind) {
			case 'channel':
				await this.exchanges.ensureChannel(to.channel, options.provision, options);
				return routed(to.channel);
			case 'existing':
				return (await this.exchanges.exists(to.name, options))
					? routed(to.name)
					: await this.existingQueue(to.name, options);
			case 'group':
				return await this.group(to, options);
			case 'dead-letters':
				return await this.deadLetters(to, options);
		}
	}

	/** Something was deleted: look again. */
	forget(): void {
		this.exchanges.forget();
		this.queuesFound.clear();
	}

	private async existingQueue(name: string, options: PublishOptions): Promise<Target> {
		if (!this.queuesFound.has(name) && !(await probeQueue(this.link, name, options))) {
			throw new EventBusError('not-found', `RabbitMQ has neither an exchange nor a queue "${name}"`, {
				hint: 'Check the name and the virtual host',
			});
		}
		this.queuesFound.add(name);
		return direct('', name, missingQueue(name));
	}

	private async group({ of, group }: GroupAddress, options: PublishOptions): Promise<Target> {
		if (of.kind === 'existing') return await this.existingQueue(of.name, options);
		for (const ordered of [false, true]) {
			const { queue } = groupNames(of, group, ordered);
			if (await probeQueue(this.link, queue, options)) return direct('', queue, missingQueue(queue));
		}
		throw new EventBusError('not-found', `The consumer group "${group}" of "${nativeName(of)}" does not exist`, {
			hint: 'Activate a trigger with this consumer group first',
		});
	}

	private async deadLetters({ of, group }: DeadLettersAddress, options: PublishOptions): Promise<Target> {
		if (group === null) throw new EventBusError('bug', 'Dead letters belong to a group');
		const exchange = deadLetterExchange(of);
		const queue = deadLetterQueue(of, group);
		if (options.provision === 'create') await this.exchanges.ensureDeadLetters(of, group, options);
		else if (!(await this.exchanges.exists(exchange, options)) || !(await this.hasQueue(queue, options))) {
			return this.deadLettersElsewhere(group, queue);
		}
		return direct(exchange, group, missingQueue(queue));
	}

	/** Without the right to make a queue, an exchange that somebody else has made for the purpose takes them. */
	private deadLettersElsewhere(group: string, queue: string): Target {
		const { deadLetterExchange: theirs } = this.queues;
		if (theirs !== null) return direct(theirs, group, missingQueue(`of ${theirs}`));
		throw new EventBusError('not-found', `There is no queue "${queue}" for dead letters`, {
			hint: 'Let Provision create it, name a Dead Letter Exchange in the credential, or turn Dead Letter off',
		});
	}

	private async hasQueue(queue: string, options: PublishOptions): Promise<boolean> {
		return this.queuesFound.has(queue) || (await probeQueue(this.link, queue, options)) !== null;
	}
}

function routed(exchange: string): Target {
	return { exchange, keyOf: ({ routingKey, type }) => routingKey ?? type, direct: false, unrouted: null };
}

function direct(exchange: string, key: string, unrouted: EventBusError): Target {
	return { exchange, keyOf: () => key, direct: true, unrouted };
}
