import { inTurn } from './turns';

it('work under one name is done one after the other, also after a failure', async () => {
	const story: string[] = [];
	const work =
		(what: string, fails = false) =>
		async () => {
			story.push(`${what} begins`);
			await Promise.resolve();
			story.push(`${what} ends`);
			if (fails) throw new Error(what);
			return what;
		};
	const outcomes = await Promise.allSettled([
		inTurn('x', work('first', true)),
		inTurn('x', work('second')),
		inTurn('y', work('other')),
	]);
	expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
	const ofX = story.filter((line) => !line.startsWith('other'));
	expect(ofX).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
	expect(story.indexOf('other begins')).toBeLessThan(story.indexOf('second begins'));
});
