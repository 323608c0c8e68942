/**
 * Runs a program that is not ours, as a person at a terminal would.
 */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';

export interface ProgramCall {
	/** Written to its standard input. */
	readonly input?: string | Uint8Array;
	/** Added to this process's own. */
	readonly env?: Readonly<Record<string, string>>;
}

/** A client that waits for a message gives up after this time, milliseconds. */
const GIVE_UP_MS = 30_000;

/** @returns its standard output. @throws Error with what it printed when it fails or takes too long */
export async function runProgram(
	command: string,
	args: readonly string[],
	{ input = '', env = {} }: ProgramCall = {},
): Promise<Buffer> {
	const child = spawn(command, [...args], { env: { ...process.env, ...env }, timeout: GIVE_UP_MS });
	// One that ends without reading its input is no failure of ours: its exit code says how it went.
	child.stdin.on('error', () => undefined);
	child.stdin.end(input);
	const exit = new Promise<number | string>((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
	});
	const [output, complaints, code] = await Promise.all([buffer(child.stdout), text(child.stderr), exit]);
	if (code === 0) return output;
	throw new Error(`${command} ended with ${code}: ${complaints.trim()} ${output.toString().slice(-500)}`);
}
