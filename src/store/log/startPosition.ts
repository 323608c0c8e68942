/**
 * Where a subscription begins.
 */
import type { CallOptions, FixedStart } from '../../broker/types';
import type { StoreEngine } from '../engine';

/** @returns the position after which it reads */
export async function positionOf(engine: StoreEngine, start: FixedStart, call: CallOptions): Promise<number> {
	switch (start.at) {
		case 'earliest':
			return 0;
		case 'latest':
			return await engine.read('headOf', {}, call);
		case 'time':
			return await engine.read('positionAt', { time: start.time }, call);
		case 'cursor':
			return Number(start.cursor);
	}
}
