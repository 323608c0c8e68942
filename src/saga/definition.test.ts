import { action, chain, command, saga, step } from '../../test/saga/definitions';
import { checkDefinition, type SagaDefinition } from './definition';

const backoff = { initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0 };

it('takes a saga that can be carried out as it is', () => {
	const definition = chain(step('reserve'), step('charge-card_2', { action: command('charge') }), step('ship'));
	expect(checkDefinition(definition)).toEqual(definition);
});

it('takes a hundred steps', () => {
	const steps = Array.from({ length: 100 }, (_none, index) => step(`s${index}`));
	expect(checkDefinition(saga(...steps)).steps).toHaveLength(100);
});

it('gives event types the one form they have everywhere', () => {
	const checked = checkDefinition(
		saga(step('a', { undo: command('a', { succeedsOn: [' b.done ', 'a.done', 'b.done'] }) })),
	);
	expect(checked.steps[0]?.undo?.succeedsOn).toEqual(['a.done', 'b.done']);
});

it.each<[string, SagaDefinition, RegExp]>([
	['no name', { ...saga(step('a')), name: '  ' }, /has no name/],
	['no steps', saga(), /order has no steps/],
	['too many steps', saga(...Array.from({ length: 101 }, (_none, index) => step(`s${index}`))), /101 steps.*100/],
	['two steps of one name', saga(step('a'), step('b'), step('a')), /Two steps are called a$/],
	['an empty name', saga(step('a'), step('')), /Step 2 is called ""/],
	['a name with a blank', saga(step('reserve stock')), /"reserve stock"/],
	['a name with a dot', saga(step('a.b')), /"a.b"/],
	['a name that begins with a digit', saga(step('1a')), /"1a"/],
	['a name of 65 characters', saga(step('a'.repeat(65))), /Step 1/],
	['a very long name, shortened', saga(step('a'.repeat(5000))), /^.{0,200}$/],
	['the prototype of all objects', saga(step('__proto__')), /__proto__/],
	['the constructor', saga(step('constructor')), /constructor/],
	['an unknown Run After', saga(step('a'), step('b', { after: ['a', 'c'] })), /b runs after "c"/],
	['a step after itself', saga(step('a', { after: ['a'] })), /a → a/],
	['steps that wait for each other', saga(step('a', { after: ['b'] }), step('b', { after: ['a'] })), /a → b → a/],
	['Fails On without Succeeds On', saga(step('a', { action: action({ failsOn: ['a.refused'] }) })), /Step a/],
	['the same in Undo', saga(step('a', { undo: action({ failsOn: ['a.refused'] }) })), /Step a/],
	['a type that is none', saga(step('a', { action: command('a', { succeedsOn: ['a b'] }) })), /a b/],
	['no attempt', saga(step('a', { retry: { maxAttempts: 0, backoff } })), /Max Attempts of step a is 0/],
	['half an attempt', saga(step('a', { retry: { maxAttempts: 1.5, backoff } })), /1\.5/],
	['attempts without end', saga(step('a', { retry: { maxAttempts: Infinity, backoff } })), /Infinity/],
	['no time', saga(step('a', { timeoutMs: 0 })), /Timeout of step a is 0/],
	['a time that is no number', saga(step('a', { timeoutMs: NaN })), /NaN/],
	[
		'a negative delay',
		saga(step('a', { retry: { maxAttempts: 2, backoff: { ...backoff, initialMs: -1 } } })),
		/Backoff of step a.*initialMs = -1/,
	],
	[
		'a delay that is no number',
		saga(step('a', { retry: { maxAttempts: 2, backoff: { ...backoff, factor: NaN } } })),
		/Backoff of step a.*factor = NaN/,
	],
])('refuses %s', (_name, definition, message) => {
	expect(() => checkDefinition(definition)).toThrow(
		expect.objectContaining({ code: 'settings', message: expect.stringMatching(message), hint: expect.any(String) }),
	);
});
