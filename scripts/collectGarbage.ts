/**
 * Loaded into a process that is measured (`node --expose-gc --require`): frees what is not needed when it is told to by
 * SIGUSR2, so that two measurements start from the same.
 */
process.on('SIGUSR2', () => {
	globalThis.gc?.();
});
