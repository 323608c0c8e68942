/**
 * The rules that a machine can check: types, n8n's own for community packages, and the arrows between our rings.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { builtinRules } from 'eslint/use-at-your-own-risk';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.ts'];
const TESTS = ['test/**/*.ts', '**/*.test.ts'];
/** The folders of src/brokers, one a broker. */
const BROKERS = readdirSync(new URL('src/brokers', import.meta.url), { withFileTypes: true })
	.filter((entry) => entry.isDirectory())
	.map((entry) => entry.name);

/** Interfaces that storage and brokers implement, below ./src. */
const SEAMS = ['./broker/types.ts', './consumer/inbox.ts'];

export default tseslint.config(
	{ ignores: ['node_modules/', 'dist/', 'build/', 'build-*/', 'coverage/', '.run/'] },
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },
	types(),
	tests(),
	plainJavaScript(),
	sizesAndNames(),
	rings(),
	n8nRules(),
);

function types() {
	return [
		{
			files: TYPESCRIPT,
			extends: [tseslint.configs.strictTypeChecked],
			languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
			rules: {
				// A number or a boolean in a message says what it is; an object does not.
				'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
				// Without `await` the caller's frame is missing in the stack, and `try` does not catch.
				'@typescript-eslint/return-await': ['error', 'always'],
				'@typescript-eslint/no-confusing-void-expression': [
					'error',
					{ ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
				],
				'@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
				'@typescript-eslint/consistent-type-imports': [
					'error',
					// `typeof import('n8n-workflow')` names a module that is loaded later, or not at all.
					{ fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
				],
				'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
				// The seams are asynchronous for the brokers that need it; the others keep the signature.
				'@typescript-eslint/require-await': 'off',
				// `rows<Row>(sql)`: one place casts for all its callers.
				'@typescript-eslint/no-unnecessary-type-parameters': 'off',
				// Environments and headers are dictionaries; removing a key is what is meant.
				'@typescript-eslint/no-dynamic-delete': 'off',
				// `void | Promise<void>` is what a callback may return.
				'@typescript-eslint/no-invalid-void-type': 'off',
				eqeqeq: ['error', 'always', { null: 'ignore' }],
				'no-console': 'error',
			},
		},
		{ files: ['scripts/**/*.ts'], rules: { 'no-console': 'off' } },
	];
}

function tests() {
	return {
		files: TESTS,
		rules: {
			// `expect(object.method)` only looks at it.
			'@typescript-eslint/unbound-method': 'off',
			// Jest's matchers (`expect.objectContaining`) are typed as `any`.
			'@typescript-eslint/no-unsafe-assignment': 'off',
			'@typescript-eslint/no-unsafe-argument': 'off',
		},
	};
}

function plainJavaScript() {
	return { files: ['**/*.{js,mjs}'], rules: { eqeqeq: 'error', 'no-unused-vars': 'error', 'no-var': 'error' } };
}

/** Above 300 lines one asks why, above 450 one splits. */
function sizesAndNames() {
	return [
		{ files: TYPESCRIPT, ignores: TESTS, rules: { 'max-lines': ['error', 450] } },
		{
			files: TYPESCRIPT,
			ignores: TESTS,
			// ESLint knows one severity a rule, so the warning is the same rule under another name.
			plugins: { ask: { rules: { 'max-lines': builtinRules.get('max-lines') } } },
			rules: { 'ask/max-lines': ['warn', 300] },
		},
		{ files: TESTS, rules: { 'max-lines': ['error', 500] } },
		{
			files: ['**/*.{ts,js,mjs}'],
			plugins: { project: { rules: { 'named-for-content': namedForContent() } } },
			rules: { 'project/named-for-content': 'error' },
		},
	];
}

/** A file called utils takes in everything and tells nothing. */
function namedForContent() {
	const banned = /^(utils?|helpers?|commons?|managers?|genericfunctions|misc)$|(utils|helpers|manager|impl)$/i;
	return {
		meta: { type: 'suggestion', schema: [] },
		create: (context) => ({
			Program(node) {
				const name = basename(context.filename).replace(/\..*$/, '');
				if (!banned.test(name)) return;
				context.report({ node, message: `Name the file for what it holds; "${name}" can hold anything.` });
			},
		}),
	};
}

/** nodes, credentials → src → src/brokers, src/sqlite. Arrows point that way only. */
function rings() {
	const inside = (target, from, except, message) => ({ target, from, except, message });
	const zones = [
		inside('./src', './nodes', [], 'src must not know n8n.'),
		inside('./src', './credentials', [], 'src must not know n8n.'),
		inside('./{src,nodes,credentials}/**', './scripts', [], 'What ships must not need the scripts.'),
		inside('./src/kernel', './src', ['./kernel'], 'The kernel depends on nothing.'),
		inside('./src/event', './src', ['./event', './kernel', './broker/types.ts'], 'An event knows no broker.'),
		inside(
			'./src/sqlite',
			'./src',
			['./sqlite', './kernel', ...SEAMS],
			'SQLite access fills seams and knows no policy.',
		),
		inside('./src/brokers', './src/publisher', [], 'An adapter moves messages; policy is not its task.'),
		inside('./src/brokers', './src/consumer', ['./inbox.ts'], 'An adapter moves messages; policy is not its task.'),
		inside('./nodes', './src/sqlite', [], 'Nodes know no storage.'),
		inside(
			'./{nodes,credentials,scripts,src/!(brokers)}/**',
			'./src/brokers',
			['./index.ts'],
			'Brokers are reached through src/brokers/index.ts, so that any of them can be chosen.',
		),
		...BROKERS.map((name) =>
			inside(`./src/brokers/${name}`, './src/brokers', [`./${name}`], 'A broker knows no other broker.'),
		),
	];
	const n8n = { group: ['n8n-*', '@n8n/*', 'n8n'], message: 'src must not know n8n.' };
	const sqlite = { group: ['node:sqlite'], message: 'Only src/sqlite knows it; Node 20 does not have it.' };
	const ban = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });
	return [
		{
			files: TYPESCRIPT,
			plugins: { 'import-x': importX },
			settings: {
				'import-x/extensions': ['.ts'],
				'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
				'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
			},
			rules: {
				'import-x/no-cycle': 'error',
				'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
			},
		},
		{ files: ['src/**/*.ts'], rules: ban(n8n, sqlite) },
		{ files: ['src/sqlite/**/*.ts'], rules: ban(n8n) },
		{ files: ['nodes/**/*.ts', 'credentials/**/*.ts'], rules: ban(sqlite) },
	];
}

/** n8n's rules for community packages, as far as they are about what n8n loads. */
function n8nRules() {
	const community = n8nCommunityNodesPlugin.configs.recommendedWithoutN8nCloudSupport;
	const base = (files, config) => ({
		files,
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: n8nNodesBase.configs[config].rules,
	});
	return [
		{ ...community, files: ['nodes/**/*.ts', 'credentials/**/*.ts'], ignores: TESTS },
		{
			...community,
			files: ['package.json'],
			languageOptions: { parser: tseslint.parser, parserOptions: { extraFileExtensions: ['.json'] } },
			rules: {
				...community.rules,
				// Broker clients are exact-pinned dependencies, visible to audits. The rule is for packages that n8n verifies,
				// which this one cannot be: it opens files and sockets, and serves several brokers.
				'@n8n/community-nodes/no-runtime-dependencies': 'off',
			},
		},
		base(['nodes/**/*.ts'], 'nodes'),
		base(['credentials/**/*.ts'], 'credentials'),
		{ ...base(['package.json'], 'community') },
	];
}
