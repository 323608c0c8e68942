/**
 * The compressions of Kafka without native code. gzip is the client library's own; the others are here, in the forms
 * that Java's client and librdkafka write and read.
 */
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { EventBusError } from '../../kernel/errors';
import { COMPRESSION } from './protocol';

export interface Codec {
	compress(from: { readonly buffer: Buffer }): Promise<Buffer>;
	decompress(bytes: Buffer): Promise<Buffer>;
}

/** Begins a snappy stream of Java's, which is cut into chunks; others are one block without a beginning. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const XERIAL_CHUNK_BYTES = 32 * 1024;

/** Flags and checksum of an LZ4 frame with independent blocks: Java's client refuses any other. */
const LZ4_FLAGS = { at: 4, independent: 0x60 } as const;
const LZ4_CHECKSUM = { at: 6, independent: 0x73 } as const;

interface Snappy {
	readonly compress: (bytes: Buffer) => Buffer;
	readonly uncompress: (bytes: Buffer) => Buffer;
}

interface Lz4 {
	readonly compress: (bytes: Uint8Array) => Uint8Array;
	readonly decompress: (bytes: Uint8Array) => Uint8Array;
}

const load = createRequire(__filename);
/** Loaded with the first message that needs them. */
const snappyjs = (): Snappy => load('snappyjs') as Snappy;
const lz4js = (): Lz4 => load('lz4js') as Lz4;

export const snappy: Codec = {
	async compress({ buffer }) {
		const { compress } = snappyjs();
		const parts: Buffer[] = [XERIAL_HEADER];
		for (let start = 0; start < buffer.length; start += XERIAL_CHUNK_BYTES) {
			const chunk = compress(Buffer.from(buffer.subarray(start, start + XERIAL_CHUNK_BYTES)));
			const length = Buffer.alloc(4);
			length.writeUInt32BE(chunk.length);
			parts.push(length, chunk);
		}
		return Buffer.concat(parts);
	},
	async decompress(bytes) {
		const { uncompress } = snappyjs();
		if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return uncompress(bytes);
		const parts: Buffer[] = [];
		for (let at = XERIAL_HEADER.length; at < bytes.length;) {
			const length = bytes.readUInt32BE(at);
			parts.push(uncompress(bytes.subarray(at + 4, at + 4 + length)));
			at += 4 + length;
		}
		return Buffer.concat(parts);
	},
};

export const lz4: Codec = {
	async compress({ buffer }) {
		const frame = Buffer.from(lz4js().compress(buffer));
		// The library writes one block of up to 4 MB, more than a batch of ours holds: it depends on no other.
		frame[LZ4_FLAGS.at] = LZ4_FLAGS.independent;
		frame[LZ4_CHECKSUM.at] = LZ4_CHECKSUM.independent;
		return frame;
	},
	decompress: async (bytes) => Buffer.from(lz4js().decompress(bytes)),
};

export const zstd: Codec = {
	compress: async ({ buffer }) => await promisify(withZstd().zstdCompress)(buffer),
	decompress: async (bytes) => await promisify(withZstd().zstdDecompress)(bytes),
};

/** Numbers as on the wire. */
export const compressions: readonly (readonly [number, Codec])[] = [
	[COMPRESSION.snappy, snappy],
	[COMPRESSION.lz4, lz4],
	[COMPRESSION.zstd, zstd],
];

function withZstd(): Pick<typeof zlib, 'zstdCompress' | 'zstdDecompress'> {
	if ('zstdCompress' in zlib) return zlib;
	throw new EventBusError('unsupported', 'This Node.js cannot read or write messages compressed with zstd', {
		hint: 'Use Node.js 22.15 or newer, or another compression',
	});
}
