/**
 * `gulp build` makes dist/: what n8n loads and what npm publishes. Tests are not part of it.
 */
const { spawn } = require('node:child_process');
const { rm } = require('node:fs/promises');
const { dest, parallel, series, src } = require('gulp');

async function clean() {
	await rm('dist', { recursive: true, force: true });
}

function compile() {
	return spawn(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.json'], { stdio: 'inherit' });
}

/** Icons, codex files and JSON schemas keep their place beside the code that names them. */
function copyAssets() {
	// Without `encoding: false` gulp reads pictures as text and damages them.
	return src(['{nodes,credentials}/**/*.{svg,png}', 'nodes/**/*.node.json', 'src/**/*.json'], {
		base: '.',
		encoding: false,
	}).pipe(dest('dist'));
}

function copyWorkflows() {
	return src('workflows/**/*.{json,md}', { base: '.', allowEmpty: true }).pipe(dest('dist'));
}

exports.build = series(clean, compile, parallel(copyAssets, copyWorkflows));
exports.default = exports.build;
