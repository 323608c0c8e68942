import { allowing } from './queuePolicy';

const [queue, topic] = ['arn:aws:sqs:eu-west-1:1:q', 'arn:aws:sns:eu-west-1:1:t'];

describe('the policy of a queue', () => {
	it('lets the topic send', () => {
		expect(JSON.parse(allowing(undefined, queue, topic))).toMatchObject({
			Statement: [{ Resource: queue, Condition: { ArnEquals: { 'aws:SourceArn': topic } } }],
		});
	});

	it('keeps what it said, and is not changed twice', () => {
		const theirs = JSON.stringify({ Statement: { Sid: 'theirs' } });
		const both = allowing(theirs, queue, topic);
		expect(JSON.parse(both)).toMatchObject({ Statement: [{ Sid: 'theirs' }, { Sid: 'event-bus' }] });
		expect(allowing(both, queue, topic)).toBe(both);
	});
});
