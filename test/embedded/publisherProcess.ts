/**
 * Publishes numbered messages one by one and ends. Arguments: file, first number, how many.
 */
import { numbered } from './children';
import { connect, EVENTS, publishing } from './rig';

async function main([file = '', from = '0', count = '0']: readonly string[]): Promise<void> {
	await using connection = await connect({ file });
	const parts = numbered(Number(from), Number(count));
	for (let start = 0; start < parts.length; start += 10) {
		const outcomes = await connection.publish(EVENTS, parts.slice(start, start + 10), publishing());
		for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
	}
	process.send?.('published');
}

void main(process.argv.slice(2)).then(() => process.disconnect());
