/**
 * Tests run as compiled JavaScript (tsconfig.test.json -> build/), so that worker threads and child processes start the
 * very files that ship, with no transform of Jest's own.
 */
module.exports = {
	rootDir: 'build',
	testEnvironment: 'node',
	testMatch: ['**/*.test.js'],
	transform: {},
	testTimeout: 20_000,
	maxWorkers: 2,
};
