/**
 * Which partition a message goes to: by its key as every other Kafka client does it, so that publishers in other
 * languages put a key into the same partition; without a key in turn.
 */
export class Partitioner {
	private turn = Math.floor(Math.random() * 1000);

	partitionOf(key: Buffer | null, partitions: number): number {
		if (key === null) return this.turn++ % partitions;
		return (murmur2(key) & 0x7fffffff) % partitions;
	}
}

const M = 0x5bd1e995;
const R = 24;
const SEED = 0x9747b28c;

/** As the Java client counts it: 32 bit. */
export function murmur2(bytes: Buffer): number {
	let hash = SEED ^ bytes.length;
	const whole = bytes.length & ~3;
	for (let at = 0; at < whole; at += 4) {
		let k = Math.imul(bytes.readInt32LE(at), M);
		k ^= k >>> R;
		hash = Math.imul(hash, M) ^ Math.imul(k, M);
	}
	const rest = bytes.length - whole;
	if (rest === 3) hash ^= (bytes[whole + 2] ?? 0) << 16;
	if (rest >= 2) hash ^= (bytes[whole + 1] ?? 0) << 8;
	if (rest >= 1) hash = Math.imul(hash ^ (bytes[whole] ?? 0), M);
	hash = Math.imul(hash ^ (hash >>> 13), M);
	return hash ^ (hash >>> 15);
}
