/**
 * A broker with a real server as the suite sees it: started for it, reached through a network that can be cut.
 */
import { fromConnectionUrl } from '../../src/broker/connectionUrl';
import type { BrokerManifest, Native } from '../../src/broker/types';
import { freePort } from '../../scripts/n8n/freePort';
import type { Server, ServerRecipe } from '../../scripts/servers/server';
import type { BrokerFeatures, BrokerUnderTest, ManifestLocation } from './brokerUnderTest';
import { TcpProxy } from './tcpProxy';

export interface ServerUnderTestOptions {
	readonly manifest: BrokerManifest;
	readonly recipe: ServerRecipe;
	readonly location: ManifestLocation;
	readonly features: Pick<BrokerFeatures, 'ephemeralGoneMs' | 'retentionMs' | 'dropsCopies' | 'keepsEventsOnly'>;
	/** Added to what the server's URL says. */
	readonly settings?: Native;
}

export function serverUnderTest(options: ServerUnderTestOptions): BrokerUnderTest {
	const { manifest, recipe, location, features } = options;
	let server: Server | null = null;
	let proxy: TcpProxy | null = null;
	const running = (): Server => {
		if (server) return server;
		throw new Error(`${recipe.title} is not started`);
	};
	const network = (): TcpProxy => {
		if (proxy) return proxy;
		throw new Error(`There is no network before ${recipe.title}`);
	};
	return {
		manifest,
		start: async () => {
			await recipe.ensure(() => undefined);
			const port = await freePort(0);
			proxy = await TcpProxy.start({ host: '127.0.0.1', port });
			server = await recipe.start({ port, advertisedPort: proxy.port });
		},
		stop: async () => {
			await proxy?.[Symbol.asyncDispose]();
			await server?.[Symbol.asyncDispose]();
		},
		settings: () => ({ ...fromConnectionUrl(running().url(network().port), [manifest]).settings, ...options.settings }),
		features: {
			...features,
			restart: async () => {
				await running().stop();
				await running().startAgain();
			},
			network: {
				cut: async () => await network().cut(),
				blackHole: async () => await network().blackHole(),
				heal: async () => await network().heal(),
			},
			processes: location,
			lockStorage: null,
		},
	};
}
