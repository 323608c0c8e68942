/**
 * Delays of brokers that keep a queue or topic a delay: fixed tiers, so that their number stays small.
 */

/** Half a second to one hour, milliseconds. */
export const DELAY_TIERS_MS = [500, 1000, 2000, 5000, 15_000, 60_000, 300_000, 900_000, 3_600_000] as const;

export type DelayTierMs = (typeof DELAY_TIERS_MS)[number];

/** A rest that is shorter than the smallest tier waits as long as that; and what comes due is looked for now and then. */
export const TIER_TOLERANCE_MS = DELAY_TIERS_MS[0] + 1000;

/**
 * The largest tier that is not longer than the delay, else the smallest. What then remains is deferred again by the
 * consumer, because the time when a copy is due travels with it.
 */
export function delayTier(delayMs: number): DelayTierMs {
	return DELAY_TIERS_MS.findLast((tierMs) => tierMs <= delayMs) ?? DELAY_TIERS_MS[0];
}
