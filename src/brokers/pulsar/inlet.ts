/**
 * A consumer of one topic: asks for as many messages as it is granted, and settles them one by one.
 *
 * The service hands out what it has permits for; what its own queue holds beyond that waits there for us.
 */
import type { CallOptions } from '../../broker/types';
import { fullName, pathOf, type Topic } from './names';
import { Socket, type SocketSettings } from './socket';
import { fromFrame, type Received } from './wire';

export interface InletOptions {
	readonly topic: Topic;
	readonly subscription: string;
	readonly type: 'Shared' | 'Key_Shared';
	/** Whether the subscription outlives its readers. */
	readonly isDurable: boolean;
	/** As the server lists it. */
	readonly name: string;
	/** Most messages that wait for us in the service. */
	readonly queueSize: number;
	take(received: Received): void;
}

/** What is given back comes again after this time, milliseconds; the service knows no shorter one than 100. */
const GIVEN_BACK_MS = 100;
/** What the service allows. */
const MOST_QUEUED = 1000;

export class Inlet {
	/** Asked for and not there yet. */
	private expected = 0;

	private constructor(
		private readonly socket: Socket,
		readonly topic: Topic,
	) {}

	/** @throws EventBusError */
	static async open(settings: SocketSettings, options: InletOptions, call: CallOptions): Promise<Inlet> {
		const { topic, subscription, type, isDurable, name, queueSize } = options;
		const query = new URLSearchParams({
			subscriptionType: type,
			subscriptionMode: isDurable ? 'Durable' : 'NonDurable',
			consumerName: name,
			pullMode: 'true',
			receiverQueueSize: String(Math.min(Math.max(1, queueSize), MOST_QUEUED)),
			negativeAckRedeliveryDelay: String(GIVEN_BACK_MS),
		});
		const path = `consumer/${pathOf(topic)}/${encodeURIComponent(subscription)}?${query.toString()}`;
		const onText = (text: string) => {
			const received = fromFrame(text);
			if (received === null) return;
			inlet.expected = Math.max(0, inlet.expected - 1);
			options.take(received);
		};
		const doing = `reading ${fullName(topic)} as ${subscription}`;
		const inlet: Inlet = new Inlet(await Socket.open(settings, path, onText, { ...call, doing }), topic);
		return inlet;
	}

	/** Aborts, with an EventBusError as reason, once the consumer is of no further use. */
	get lost(): AbortSignal {
		return this.socket.lost;
	}

	/** Sees to it that so many messages are on the way, if there are any. */
	expect(count: number): void {
		const more = count - this.expected;
		if (more <= 0 || this.lost.aborted) return;
		this.expected = count;
		this.socket.send(JSON.stringify({ type: 'permit', permitMessages: more }));
	}

	/** There is no answer to it. @throws EventBusError when the consumer is lost */
	acknowledge(token: string): void {
		this.socket.send(JSON.stringify({ messageId: token }));
	}

	/** @throws EventBusError when the consumer is lost */
	giveBack(token: string): void {
		this.socket.send(JSON.stringify({ type: 'negativeAcknowledge', messageId: token }));
	}

	async close(): Promise<void> {
		await this.socket.close();
	}

	cut(): void {
		this.socket.cut();
	}
}
