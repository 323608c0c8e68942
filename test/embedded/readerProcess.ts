/**
 * Reads the group `group` of a file until it is killed. Arguments: file, `ack` or `hold`, lease in ms, `durable` or `ephemeral`.
 */
import { isAbsolute } from 'node:path';
import type { ReaderReport } from './children';
import { connect, read } from './rig';

async function main([
	file = '',
	mode = 'ack',
	leaseMs = '30000',
	lifetime = 'durable',
]: readonly string[]): Promise<void> {
	if (!isAbsolute(file)) throw new Error('The file is missing');
	const send = (report: ReaderReport) => process.send?.(report);
	const reading = await read(await connect({ file }), {
		leaseMs: Number(leaseMs),
		lifetime: lifetime === 'ephemeral' ? 'ephemeral' : 'durable',
		batch: { size: 20, waitMs: 0 },
		maxInFlight: 20,
	});
	send({ kind: 'ready' });
	for (;;) {
		const batch = await reading.batch(60_000);
		if (batch === null) continue;
		send({ kind: 'took', ids: batch.map(({ message: { id } }) => id) });
		if (mode === 'ack') await reading.ack(batch);
	}
}

void main(process.argv.slice(2));
