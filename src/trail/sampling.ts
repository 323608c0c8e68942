/**
 * Which stories are remembered while more happens than can be written: some of them whole, because a part of every story
 * explains none. Pure.
 */
import { fnv1a } from '../kernel/fnv';

/** How full the queue may be while every story is remembered. */
const ROOMY = 0.5;
/** Each time it is so much fuller, half of the stories are left out. */
const STEP = 0.1;

/**
 * @param fill how full the queue is, 0 to 1
 * @returns n: one of n stories is remembered; a power of 2
 */
export function sampleAt(fill: number): number {
	return 2 ** Math.max(0, Math.ceil((fill - ROOMY) / STEP));
}

/** The same for all facts of a story, in every process. Whoever is in a sample is in each larger one. */
export function isInSample(correlationId: string, oneOf: number): boolean {
	return oneOf === 1 || fnv1a(correlationId) % oneOf === 0;
}
