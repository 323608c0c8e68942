/**
 * Which of the 16,384 slots of a Cluster a key belongs to: CRC16 (XMODEM) of its hash tag, or of all of it.
 */
const SLOTS = 16_384;
const POLYNOMIAL = 0x1021;

export function slotOf(key: string): number {
	let crc = 0;
	for (const byte of Buffer.from(hashTagOf(key) ?? key)) {
		crc ^= byte << 8;
		for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1) & 0xffff;
	}
	return crc % SLOTS;
}

/** What stands between the first { and the next }, unless it is nothing; null: the whole key counts. */
export function hashTagOf(key: string): string | null {
	return /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? null;
}
