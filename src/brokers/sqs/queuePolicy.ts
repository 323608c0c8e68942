/**
 * The policy of a queue that lets a topic send to it.
 */

/** @param has the queue's policy so far; what it says stays */
export function allowing(has: string | undefined, queueArn: string, topicArn: string): string {
	if (has?.includes(topicArn)) return has;
	const statement = {
		Sid: 'event-bus',
		Effect: 'Allow',
		Principal: { Service: 'sns.amazonaws.com' },
		Action: 'sqs:SendMessage',
		Resource: queueArn,
		Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
	};
	return JSON.stringify({ Version: '2012-10-17', Statement: [...statementsOf(has), statement] });
}

function statementsOf(policy: string | undefined): readonly unknown[] {
	if (policy === undefined || policy === '') return [];
	const read: unknown = JSON.parse(policy);
	const statements: unknown = typeof read === 'object' && read !== null ? Reflect.get(read, 'Statement') : [];
	return Array.isArray(statements) ? statements : [statements];
}
