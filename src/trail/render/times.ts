/**
 * Times and durations, short enough for a column.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** '0 ms', '12 ms', '1.25 s', '3 min 5 s', '2 h 10 min', '4 d 3 h'. */
export function duration(ms: number): string {
	const whole = Math.round(ms);
	if (whole < SECOND_MS) return `${whole} ms`;
	if (whole < MINUTE_MS) return `${Number((whole / SECOND_MS).toFixed(whole < 10 * SECOND_MS ? 2 : 1))} s`;
	if (whole < HOUR_MS) return twoUnits(whole, MINUTE_MS, 'min', SECOND_MS, 's');
	if (whole < DAY_MS) return twoUnits(whole, HOUR_MS, 'h', MINUTE_MS, 'min');
	return twoUnits(whole, DAY_MS, 'd', HOUR_MS, 'h');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
	const rest = Math.floor((ms % large) / small);
	const first = `${Math.floor(ms / large)} ${largeName}`;
	return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** '2026-02-27 10:30:00.000 UTC'; what is no time: '?'. */
export function absoluteTime(at: number): string {
	const date = new Date(at);
	return Number.isNaN(date.getTime()) ? '?' : date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

/** '10:30:00.000' */
export function clockTime(at: number): string {
	const date = new Date(at);
	return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(11, 23);
}

/** 'p50 12 ms, p95 80 ms' */
export function latencyText({ p50, p95 }: { readonly p50: number; readonly p95: number }): string {
	return `p50 ${duration(p50)}, p95 ${duration(p95)}`;
}
