/**
 * Preloaded into an n8n that a script starts: when that script is gone, even by kill -9, n8n stops as on SIGTERM.
 *
 * The channel to the parent carries nothing. It closes when the parent ends, and only the process it was given to has it.
 */
if (process.connected) {
	process.once('disconnect', () => {
		process.kill(process.pid, 'SIGTERM');
	});
}
