/**
 * One store for one case: as many instances of it as the case opens, and a clock that can be moved.
 */
import type { CallOptions } from '../../src/broker/types';
import { silentLogger } from '../../src/kernel/logger';
import type { StoreEngine } from '../../src/store/engine';
import { EventStore } from '../../src/store/store';
import { storeFromUrl } from '../../src/store/stores';
import { MovableClock } from '../embedded/rig';
import type { StorePlace } from './storeUnderTest';

const OPEN_MS = 20_000;

export class StoreRig implements AsyncDisposable {
	readonly clock = new MovableClock();
	private readonly engines: StoreEngine[] = [];

	private constructor(readonly place: StorePlace) {}

	static async create(place: StorePlace): Promise<StoreRig> {
		const rig = new StoreRig(place);
		await rig.another();
		return rig;
	}

	/** For a case that opens the store itself. */
	static unopened(place: StorePlace): StoreRig {
		return new StoreRig(place);
	}

	get engine(): StoreEngine {
		const [first] = this.engines;
		if (!first) throw new Error('Nothing is open yet');
		return first;
	}

	get store(): EventStore {
		return new EventStore(this.engine);
	}

	/** Another instance, as another process has it. */
	async another(): Promise<EventStore> {
		const { manifest, settings } = storeFromUrl(this.place.url);
		const host = { clock: this.clock, logger: silentLogger, clientName: 'test' };
		const engine = await manifest.open(settings, { ...host, signal: AbortSignal.timeout(OPEN_MS) });
		this.engines.push(engine);
		return new EventStore(engine);
	}

	readonly call = (timeoutMs = 15_000): CallOptions => {
		return { signal: new AbortController().signal, timeoutMs };
	};

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all(this.engines.map(async (engine) => await engine[Symbol.asyncDispose]()));
		await this.place.remove();
	}
}
