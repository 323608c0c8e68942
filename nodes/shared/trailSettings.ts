/**
 * What the environment says about the event trail. A value that cannot be read never stops n8n: it is told, and what
 * was meant to be kept secret stays secret.
 */
import { messageOf } from '../../src/kernel/errors';
import { parsePath } from '../../src/store/fold/path';
import type { RecorderSettings } from '../../src/trail/recorder';
import { DEFAULT_POLICY, type TrailPolicy } from '../../src/trail/policy';
import type { Environment } from './defaultConnection';

export interface TrailSettings {
	readonly isOn: boolean;
	readonly recorder: RecorderSettings;
	/** What could not be read, and what holds instead: for the log. */
	readonly warnings: readonly string[];
}

const DAY_MS = 24 * 60 * 60_000;
const DEFAULT_DAYS = 7;
/** Ten years: more is a mistake, and an archive is something else. */
const MAX_DAYS = 3650;

const MEGABYTE = 1024 * 1024;
/** A quarter of what the built-in broker, in the same file, may take by default: the trail must never fill it. */
const DEFAULT_MEGABYTES = 256;
const MAX_MEGABYTES = 1_000_000;

const ON: ReadonlySet<string> = new Set(['', 'on', 'true', '1', 'yes']);
const OFF: ReadonlySet<string> = new Set(['off', 'false', '0', 'no']);

export function readTrailSettings(environment: Environment): TrailSettings {
	const warnings: string[] = [];
	const warn = (name: string, instead: string) => {
		warnings.push(`${name}=${(environment[name] ?? '').slice(0, 60)} is not understood: ${instead}`);
	};
	const isOn = readSwitch(environment.EVENT_BUS_TRAIL, () => warn('EVENT_BUS_TRAIL', 'use on or off; it is on'));
	const days = readNumber(environment.EVENT_BUS_TRAIL_DAYS, { max: MAX_DAYS, otherwise: DEFAULT_DAYS }, () =>
		warn('EVENT_BUS_TRAIL_DAYS', `use a number of days from 1 to ${MAX_DAYS}; it is ${DEFAULT_DAYS}`),
	);
	const megabytes = readNumber(
		environment.EVENT_BUS_TRAIL_MEGABYTES,
		{ max: MAX_MEGABYTES, otherwise: DEFAULT_MEGABYTES },
		() => warn('EVENT_BUS_TRAIL_MEGABYTES', `use a number from 1 to ${MAX_MEGABYTES}; it is ${DEFAULT_MEGABYTES}`),
	);
	const redact = readPaths(environment.EVENT_BUS_TRAIL_REDACT, (problem) =>
		warn(
			'EVENT_BUS_TRAIL_REDACT',
			`${problem}. Use paths such as customer.email,card.*; until then no payload is kept`,
		),
	);
	const payloads = readPayloads(environment.EVENT_BUS_TRAIL_PAYLOADS, () =>
		warn('EVENT_BUS_TRAIL_PAYLOADS', 'use all or none; no payload is kept'),
	);
	const policy: TrailPolicy = {
		...DEFAULT_POLICY,
		payloads: redact === null ? 'none' : payloads,
		redact: redact ?? [],
	};
	return { isOn, recorder: { policy, retentionMs: days * DAY_MS, maxBytes: megabytes * MEGABYTE }, warnings };
}

function readSwitch(value: string | undefined, warn: () => void): boolean {
	const text = plain(value);
	if (OFF.has(text)) return false;
	if (!ON.has(text)) warn();
	return true;
}

function readPayloads(value: string | undefined, warn: () => void): TrailPolicy['payloads'] {
	const text = plain(value);
	if (text === '' || text === 'all') return 'all';
	if (text !== 'none') warn();
	return 'none';
}

function readNumber(
	value: string | undefined,
	{ max, otherwise }: { readonly max: number; readonly otherwise: number },
	warn: () => void,
): number {
	const text = plain(value);
	if (text === '') return otherwise;
	const number = Number(text);
	if (number >= 1 && number <= max) return number;
	warn();
	return otherwise;
}

/** null: one of them cannot be read, so nobody knows what it was to blank. */
function readPaths(value: string | undefined, warn: (problem: string) => void): TrailPolicy['redact'] | null {
	const texts = (value ?? '').split(',').map((path) => path.trim());
	try {
		return texts.filter((path) => path !== '').map((path) => parsePath(path, 'Redaction'));
	} catch (error) {
		warn(messageOf(error));
		return null;
	}
}

function plain(value: string | undefined): string {
	return value?.trim().toLowerCase() ?? '';
}
