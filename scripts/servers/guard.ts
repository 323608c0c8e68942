/**
 * Runs a server as a child and ends it when the process that wanted it is gone, even by kill -9: servers that are not
 * ours know nothing of a parent.
 *
 * Arguments: JSON of `GuardedCommand`. Told 'stop' or 'kill' over the channel; a closed channel means kill.
 */
import { spawn } from 'node:child_process';
import type { GuardedCommand } from './serverProcess';

const { command, args, cwd, env, user, stopSignal = 'SIGTERM' } = JSON.parse(process.argv[2] ?? '') as GuardedCommand;

// A group of its own, so that Ctrl+C at the terminal reaches us and not the server, and its children end with it.
const child = spawn(command, [...args], {
	cwd,
	env: { ...process.env, ...env },
	detached: true,
	stdio: 'inherit',
	...user,
});

child.once('error', (error) => {
	console.error(String(error));
	process.exit(1);
});
child.once('exit', (code) => {
	signal('SIGKILL');
	process.exit(code ?? 1);
});
process.on('message', (message) => signal(message === 'stop' ? stopSignal : 'SIGKILL'));
process.once('disconnect', () => signal('SIGKILL'));
for (const ignored of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(ignored, () => undefined);

function signal(name: NodeJS.Signals): void {
	if (child.pid === undefined) return;
	try {
		process.kill(-child.pid, name);
	} catch {
		// It is gone already.
	}
}
