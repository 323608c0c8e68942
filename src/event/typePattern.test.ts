import fc from 'fast-check';
import { isEventBusError } from '../kernel/errors';
import { checkEventType, checkEventVersion, checkTypePatterns, isEventType, isPattern, matcherOf } from './typePattern';

function refusal(check: () => unknown): { code: string; message: string; hint: string } {
	try {
		check();
	} catch (error) {
		if (isEventBusError(error)) return { code: error.code, message: error.message, hint: error.hint ?? '' };
		throw error;
	}
	throw new Error('It was accepted');
}

describe('matching', () => {
	it.each([
		['order.created', 'order.created', '1.0', true],
		['order.created', 'order.created.late', '1.0', false],
		['order.created', 'Order.created', '1.0', false],
		['order.*', 'order.created', '1.0', true],
		['order.*', 'order', '1.0', false],
		['order.*', 'order.item.added', '1.0', false],
		['order.#', 'order', '1.0', true],
		['order.#', 'order.item.added', '1.0', true],
		['order.#', 'orders.item', '1.0', false],
		['#', 'anything.at.all', '1.0', true],
		['*', 'one', '1.0', true],
		['*', 'one.two', '1.0', false],
		['#.failed', 'failed', '1.0', true],
		['#.failed', 'payment.card.failed', '1.0', true],
		['#.failed', 'payment.failed.twice', '1.0', false],
		['*.#.failed', 'failed', '1.0', false],
		['a.#.b.#.c', 'a.b.x.b.c', '1.0', true],
		['#.#', 'x', '1.0', true],
		['#.*', 'x', '1.0', true],
		['order.created@1.0', 'order.created', '1.0', true],
		['order.created@1.0', 'order.created', '1.1', false],
		['order.created@1', 'order.created', '1.0', false],
		['order.created@1.*', 'order.created', '1.7', true],
		['order.created@1.*', 'order.created', '2.0', false],
		['order.created@1.#', 'order.created', '1', true],
		['#@2.*', 'order.created', '2.1', true],
		['com.example/order:new', 'com.example/order:new', '1.0', true],
	])('of %p with %p version %p is %p', (pattern, type, version, expected) => {
		expect(matcherOf([pattern])(type, version)).toBe(expected);
	});

	it('agrees with the definition, written as a recursion', () => {
		const patternWord = fc.constantFrom('a', 'b', '*', '#', '#');
		const patternArb = fc.array(patternWord, { minLength: 1, maxLength: 7 });
		const wordsArb = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 7 });
		fc.assert(
			fc.property(patternArb, wordsArb, patternArb, wordsArb, (pattern, words, versionPattern, versionWords) => {
				const matches = matcherOf([`${pattern.join('.')}@${versionPattern.join('.')}`]);
				const expected = matchesByDefinition(pattern, words) && matchesByDefinition(versionPattern, versionWords);
				expect(matches(words.join('.'), versionWords.join('.'))).toBe(expected);
			}),
			{ numRuns: 2_000 },
		);
	});

	it('of a list is that of any of its patterns', () => {
		const matches = matcherOf(['order.*', 'payment.failed']);
		expect(['order.created', 'payment.failed', 'payment.done'].map((type) => matches(type, '1.0'))).toEqual([
			true,
			true,
			false,
		]);
	});

	it('ends for a pattern full of wildcards and a type that almost fits', () => {
		const pattern = Array.from({ length: 66 }, () => '#.a')
			.join('.')
			.slice(0, 199);
		const type = Array.from({ length: 100 }, () => 'a')
			.join('.')
			.replace(/a$/, 'b');
		const matches = matcherOf([pattern]);
		for (let round = 0; round < 1_000; round++) expect(matches(type, '1.0')).toBe(false);
	});
});

describe('a list of patterns', () => {
	it('is trimmed, sorted, and has each pattern once', () => {
		expect(checkTypePatterns([' order.* ', 'a.b', 'order.*', 'a.b@1.*', '#'])).toEqual([
			'#',
			'a.b',
			'a.b@1.*',
			'order.*',
		]);
	});

	it('is the same whatever the order it is given in', () => {
		const pattern = fc.constantFrom('#', 'order.*', ' order.*', 'order.created@1.*', 'x');
		fc.assert(
			fc.property(fc.array(pattern, { minLength: 1 }), (patterns) => {
				expect(checkTypePatterns([...patterns].reverse())).toEqual(checkTypePatterns(patterns));
				expect(checkTypePatterns(checkTypePatterns(patterns))).toEqual(checkTypePatterns(patterns));
			}),
		);
	});

	it.each([
		['no pattern', [], 'No event type is given', 'Name at least one'],
		['an empty pattern', ['  '], 'The pattern "" is empty', 'Name a type'],
		['an empty word', ['order..created'], 'The pattern "order..created" has an empty word', 'Remove the dot'],
		['a dot at the end', ['order.'], 'The pattern "order." has an empty word', 'Remove the dot'],
		['a wildcard inside a word', ['ord*'], 'The pattern "ord*" has a wildcard inside the word "ord*"', 'whole words'],
		['two wildcards in a word', ['a.##'], 'has a wildcard inside the word "##"', 'whole words'],
		['a blank inside', ['order created'], 'has a word with other characters, "order created"', 'Use letters, digits'],
		['several types in one entry', ['order.created,payment.done'], 'other characters', 'several entries'],
		['an umlaut', ['bestellung.geändert'], 'other characters, "geändert"', 'Use letters, digits'],
		['an empty version', ['order.created@'], 'The version in a pattern "" is empty', 'Name a type'],
		[
			'two versions',
			['order.created@1@2'],
			'The version in a pattern "1@2" has a word with other characters',
			'Use letters',
		],
		['only a version', ['@1.0'], 'The pattern "" is empty', 'Name a type'],
		['a pattern without end', ['a'.repeat(201)], 'is longer than 200 characters', 'shorter'],
		[
			'too many',
			Array.from({ length: 51 }, (_, index) => `t${index}`),
			'51 event types are given, and 50 are allowed',
			'wildcards',
		],
	])('is refused for %s', (_name, patterns, message, hint) => {
		const error = refusal(() => checkTypePatterns(patterns));
		expect(error.code).toBe('settings');
		expect(error.message).toContain(message);
		expect(error.hint).toContain(hint);
	});

	it('may name one type fifty times over', () => {
		expect(checkTypePatterns(new Array<string>(60).fill('order.created'))).toEqual(['order.created']);
	});
});

describe('the type of an event', () => {
	it.each(['order.created', ' order.created ', 'order', 'com.example/x:y_z-1'])('may be %p', (type) => {
		expect(checkEventType(type)).toBe(type.trim());
		expect(isEventType(type.trim())).toBe(true);
	});

	it.each([
		['order.#', 'is a pattern, not the type of an event'],
		['order.*.x', 'is a pattern, not the type of an event'],
		['order.created@1.0', 'contains an @'],
		['', 'is empty'],
		['order..x', 'has an empty word'],
		['order created', 'other characters'],
		['x'.repeat(201), 'is longer than 200 characters'],
	])('may not be %p', (type, message) => {
		expect(refusal(() => checkEventType(type)).message).toContain(message);
		expect(isEventType(type)).toBe(false);
	});

	it.each([
		['order.#', true],
		['order.*', true],
		['order.created', false],
	])('%p is a pattern: %p', (type, expected) => expect(isPattern(type)).toBe(expected));

	it('has a version of words', () => {
		expect(checkEventVersion(' 1.0-beta ')).toBe('1.0-beta');
		expect(refusal(() => checkEventVersion('1.*')).message).toContain('wildcard');
	});

	it('that is published matches itself as a pattern', () => {
		const word = fc.stringMatching(/^[A-Za-z0-9_:/-]{1,8}$/);
		fc.assert(
			fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
				const type = checkEventType(words.join('.'));
				expect(matcherOf(checkTypePatterns([type]))(type, '1.0')).toBe(true);
			}),
		);
	});
});

function matchesByDefinition(pattern: readonly string[], words: readonly string[]): boolean {
	const [first, ...rest] = pattern;
	if (first === undefined) return words.length === 0;
	if (first === '#')
		return matchesByDefinition(rest, words) || (words.length > 0 && matchesByDefinition(pattern, words.slice(1)));
	return words.length > 0 && (first === '*' || first === words[0]) && matchesByDefinition(rest, words.slice(1));
}
