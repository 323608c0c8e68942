/**
 * Who we are, for others that share the file: which kernel, which process. On Linux all of it is in /proc; elsewhere the
 * host name and the process id have to do.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

export interface HostIdentity {
	/** Survives a reboot. */
	readonly machine: string;
	/** Changes with every boot, and is the same in all containers of a host: they share the kernel and its locks. */
	readonly boot: string;
	/** Milliseconds since the epoch. */
	readonly bootedAt: number;
	/** Process ids mean nothing outside their namespace: two containers both have a process 1. */
	readonly pidNamespace: string;
	readonly pid: number;
	/** When the process started, in the kernel's own unit; '' where unknown. Tells a process from a later one with its id. */
	readonly pidStart: string;
}

export function hostIdentity(): HostIdentity {
	return {
		machine: read('/etc/machine-id') ?? hostname(),
		boot: read('/proc/sys/kernel/random/boot_id') ?? hostname(),
		bootedAt: Date.now() - uptime() * 1000,
		pidNamespace: linkTarget('/proc/self/ns/pid'),
		pid: process.pid,
		pidStart: startOf(process.pid) ?? '',
	};
}

/** Whether this very process, and not a later one with its id, still runs. Only for ids of our own namespace. */
export function isRunning(pid: number, pidStart: string): boolean {
	if (pidStart !== '') return startOf(pid) === pidStart;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: it exists and belongs to another user.
		return error instanceof Error && 'code' in error && error.code === 'EPERM';
	}
}

/** null: there is no such process, or it is a zombie, which holds nothing any more. */
function startOf(pid: number): string | null {
	const stat = read(`/proc/${pid}/stat`);
	if (stat === null) return null;
	// proc(5): fields are counted after the name, which stands in brackets and may itself hold blanks and brackets.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const [state] = fields;
	const start = fields[19];
	return state === 'Z' || state === 'X' || start === undefined ? null : start;
}

function read(file: string): string | null {
	try {
		return readFileSync(file, 'utf8').trim();
	} catch {
		return null;
	}
}

function linkTarget(file: string): string {
	try {
		return readlinkSync(file);
	} catch {
		return '';
	}
}
