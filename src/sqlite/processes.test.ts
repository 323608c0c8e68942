import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type HostIdentity, hostIdentity, isRunning } from './hostIdentity';
import { isDead, type ProcessRow } from './processes';

const NOW = 1_000_000_000;

const us: HostIdentity = {
	machine: 'm1',
	boot: 'b2',
	bootedAt: NOW - 100_000,
	pidNamespace: 'pid:[1]',
	pid: 10,
	pidStart: '500',
};

function row(more: Partial<ProcessRow>): ProcessRow {
	return {
		id: 'x',
		machine: 'm1',
		boot: 'b2',
		pid_namespace: 'pid:[1]',
		pid: 20,
		pid_start: '7',
		heartbeat_at: NOW,
		...more,
	};
}

it.each<[string, Partial<ProcessRow>, boolean, boolean]>([
	['a process that runs', {}, true, false],
	['a process that runs and was suspended for long', { heartbeat_at: 0 }, true, false],
	['a process that is gone', {}, false, true],
	['a process of another container, whose id means nothing here', { pid_namespace: 'pid:[2]' }, false, false],
	['a silent process of another container', { pid_namespace: 'pid:[2]', heartbeat_at: NOW - 31_000 }, true, true],
	['a process before our last boot', { boot: 'b1', heartbeat_at: NOW - 100_001 }, false, true],
	['a process on another host', { machine: 'm2', boot: 'b9' }, false, false],
	['a silent process on another host', { machine: 'm2', boot: 'b9', heartbeat_at: NOW - 31_000 }, false, true],
])('judges %s', (_name, more, runs, dead) => {
	expect(isDead(row(more), us, NOW, () => runs)).toBe(dead);
});

it('knows itself, and tells a process from a later one with its id', () => {
	const { pid, pidStart } = hostIdentity();
	expect(isRunning(pid, pidStart)).toBe(true);
	if (pidStart !== '') expect(isRunning(pid, `${pidStart}0`)).toBe(false);
});

it('sees that a process has ended', async () => {
	const child = spawn(process.execPath, ['-e', '']);
	const { pid = 0 } = child;
	await once(child, 'exit');
	expect(isRunning(pid, '')).toBe(false);
});
