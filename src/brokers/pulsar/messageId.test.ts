import { compareIds, cursorOf, parseCursor, readMessageId, writeMessageId } from './messageId';

const alone = { ledger: 9, entry: 2, partition: -1, batch: -1 };

it.each([
	// As Pulsar 3.0.7 wrote them.
	['CAkQAjAA', { ...alone }],
	['CCcQABgCMAA=', { ledger: 39, entry: 0, partition: 2, batch: -1 }],
])('%s is %j', (base64, id) => {
	expect(readMessageId(base64)).toEqual(id);
});

it.each([
	alone,
	{ ledger: 123_456_789_012, entry: 0, partition: 7, batch: 3 },
	{ ledger: 3, entry: -1, partition: -1, batch: -1 },
])('%j is read as it was written', (id) => {
	expect(readMessageId(writeMessageId(id))).toEqual(id);
	expect(parseCursor(cursorOf(id))).toEqual(id);
});

it.each(['', '!!!', 'aGVsbG8gd29ybGQ=', 'CP//////////////'])('"%s" is no message id', (base64) => {
	expect(readMessageId(base64)).toBeNull();
});

it.each(['', '1', 'a:b', '1:2:3:4:5', '99999999999999999999:1'])('"%s" is no position', (cursor) => {
	expect(() => parseCursor(cursor)).toThrow(expect.objectContaining({ code: 'settings' }));
});

it('is ordered as the topic is', () => {
	const ids = ['2:0', '1:10', '1:9:0:1', '1:9:0:0'].map(parseCursor);
	expect(ids.toSorted(compareIds).map(cursorOf)).toEqual(['1:9:0:0', '1:9:0:1', '1:10', '2:0']);
});
