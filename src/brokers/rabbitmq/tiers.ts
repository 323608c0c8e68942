/**
 * Where copies wait for their time: one exchange and queue a delay, the same for every group of the virtual host.
 */
import { DELAY_TIERS_MS, delayTier } from '../../broker/delayTiers';
import type { CallOptions } from '../../broker/types';
import type { Link } from './link';
import { RETURN_EXCHANGE, tierName } from './names';
import { exchangeExists } from './probe';
import { declareReturn, declareTier } from './queues';

export class Tiers {
	private exist = false;

	constructor(private readonly link: Link) {}

	/** @throws EventBusError */
	async areThere(call: CallOptions): Promise<boolean> {
		if (this.exist) return true;
		const names = [RETURN_EXCHANGE, ...DELAY_TIERS_MS.map(tierName)];
		const found = await Promise.all(names.map(async (name) => await exchangeExists(this.link, name, call)));
		this.exist = found.every((isThere) => isThere);
		return this.exist;
	}

	/** @throws EventBusError */
	async ensure(call: CallOptions): Promise<void> {
		if (await this.areThere(call)) return;
		await this.link.use('creating the queues for delays', call, async (channel) => {
			await declareReturn(channel);
			for (const delayMs of DELAY_TIERS_MS) await declareTier(channel, tierName(delayMs), delayMs);
		});
		this.exist = true;
	}

	/** Somebody has deleted one. */
	forget(): void {
		this.exist = false;
	}
}

/** The exchange whose queue keeps a copy for about so long, never longer. */
export function tierFor(delayMs: number): string {
	return tierName(delayTier(delayMs));
}
