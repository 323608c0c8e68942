/**
 * A real server that tests and `npm start -- --broker …` run for themselves: on a port and in a folder of its own, gone
 * with whoever started it.
 */
import type { Log } from '../toolchain/log';

export interface ServerRecipe {
	/** As the broker's manifest: 'rabbitmq'. */
	readonly kind: string;
	/** What a person calls it: 'RabbitMQ'. */
	readonly title: string;
	/** Finds or installs what it takes. @throws SetupError that says what is missing */
	ensure(log: Log): Promise<void>;
	/** Resolves when clients can connect. Only after `ensure`. */
	start(options?: ServerOptions): Promise<Server>;
}

export interface ServerOptions {
	/** Absolute; made when it is missing. Default: a temporary folder that goes with the server. */
	readonly folder?: string;
	/** Default: any that is free. */
	readonly port?: number;
	/** For a server that tells its clients where to connect (Kafka): the port of a proxy in front of it. */
	readonly advertisedPort?: number;
}

export interface Server extends AsyncDisposable {
	readonly host: string;
	readonly port: number;
	/** As EVENT_BUS_URL. @param port where a proxy in front of the server listens; default: the server's own */
	url(port?: number): string;
	/** In good order, keeping what is stored. */
	stop(): Promise<void>;
	/** kill -9. */
	kill(): Promise<void>;
	/** After `stop` or `kill`: on the same port, with what was stored. */
	startAgain(): Promise<void>;
}
