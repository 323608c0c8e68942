import fc from 'fast-check';
import { addToNote, readNote, type NoteEntry } from './verdictNote';

const entry = (changes: Partial<NoteEntry>): NoteEntry => ({ as: 'retry', reason: '', items: null, ...changes });

describe('a note', () => {
	it('says what was written', () => {
		const written = entry({ as: 'dead-letter', reason: 'no such customer', items: [0, 3, 4, 5, 9] });
		expect(readNote(addToNote(undefined, written))).toEqual([written]);
	});

	it('keeps any set of indices that fits', () => {
		fc.assert(
			fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 60 }), (items) => {
				const [read] = readNote(addToNote(undefined, entry({ items })));
				expect(read?.items).toEqual([...items].sort((a, b) => a - b));
			}),
		);
	});

	it('joins events with the same verdict, one call at a time', () => {
		const items = Array.from({ length: 300 }, (_, index) => index);
		const note = items.reduce<string | undefined>(
			(text, item) => addToNote(text, entry({ delayMs: 5000, items: [item] })),
			undefined,
		);
		expect(note).toBe('[{"as":"retry","ms":5000,"at":"0-299"}]');
	});

	it('lets the last verdict on an event win', () => {
		const first = addToNote(undefined, entry({ items: [0, 1] }));
		const note = addToNote(first, entry({ as: 'dead-letter', items: [1] }));
		expect(readNote(note)).toEqual([entry({ items: [0] }), entry({ as: 'dead-letter', items: [1] })]);
	});

	it('lets a verdict on all events replace what was said before', () => {
		const first = addToNote(undefined, entry({ items: [0, 1] }));
		expect(readNote(addToNote(first, entry({ as: 'dead-letter' })))).toEqual([entry({ as: 'dead-letter' })]);
	});

	it('shortens a long reason', () => {
		const [read] = readNote(addToNote(undefined, entry({ reason: 'x'.repeat(1000) })));
		expect(read?.reason).toHaveLength(120);
	});

	it('is refused when n8n would cut it', () => {
		const odd = Array.from({ length: 400 }, (_, index) => index * 2);
		expect(() => addToNote(undefined, entry({ items: odd }))).toThrow('do not fit');
	});

	it.each([
		undefined,
		'',
		'hello',
		'{}',
		'[1]',
		'[{"as":"ack"}]',
		'[{"as":"retry","ms":-1}]',
		'[{"as":"retry","at":"a"}]',
	])('that is %j says nothing', (text) => expect(readNote(text)).toEqual([]));
});
