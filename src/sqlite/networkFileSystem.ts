/**
 * Recognises network file systems, where SQLite's locks and shared memory do not hold what they promise.
 */
import { readFile, statfs } from 'node:fs/promises';
import { EventBusError } from '../kernel/errors';

/** statfs(2) and linux/magic.h. */
const NETWORK_MAGIC: ReadonlyMap<number, string> = new Map([
	[0x6969, 'NFS'],
	[0x517b, 'SMB'],
	[0xff534d42, 'CIFS'],
	[0xfe534d42, 'SMB2'],
	[0x5346414f, 'AFS'],
	[0x00c36400, 'Ceph'],
	[0x0bd00bd0, 'Lustre'],
	[0x01161970, 'GFS2'],
]);

/** Local disks hide behind FUSE too (Docker Desktop, NTFS), so here the mount table decides. */
const FUSE_MAGIC = 0x65735546;
const NETWORK_FUSE =
	/^fuse\.(sshfs|s3fs|gcsfuse|rclone|glusterfs|ceph(-fuse)?|davfs2?|curlftpfs|juicefs|blobfuse2?|goofys)$/;

/** @throws EventBusError `settings` when the folder is on a network file system */
export async function refuseNetworkFileSystem(folder: string, file: string): Promise<void> {
	if (process.platform !== 'linux') return;
	const { type } = await statfs(folder);
	const mounts = type === FUSE_MAGIC ? await readFile('/proc/self/mountinfo', 'utf8').catch(() => '') : '';
	const network = networkFileSystem(type, mountType(mounts, folder));
	if (network === null) return;
	throw new EventBusError('settings', `${file} is on a network file system (${network})`, {
		hint: 'SQLite needs a local disk: name a file on one, or set EVENT_BUS_URL to a broker server',
	});
}

/**
 * @param magic the file system type of statfs
 * @param mount the type in the mount table, '' if unknown
 * @returns its name; null: local
 */
export function networkFileSystem(magic: number, mount: string): string | null {
	if (magic === FUSE_MAGIC) return NETWORK_FUSE.test(mount) ? mount : null;
	// A 32-bit system reports the upper half of the numbers as negative.
	return NETWORK_MAGIC.get(magic >>> 0) ?? null;
}

/**
 * The type of the mount that holds the folder.
 * @param mounts text of /proc/self/mountinfo (proc(5)): the mount point is the 5th field, the type the first after " - "
 */
export function mountType(mounts: string, folder: string): string {
	let longest = '';
	let found = '';
	for (const line of mounts.split('\n')) {
		const [place = '', what = ''] = line.split(' - ');
		const point = (place.split(' ')[4] ?? '').replace(/\\040/g, ' ');
		const holds = folder === point || folder.startsWith(point.endsWith('/') ? point : `${point}/`);
		if (point === '' || !holds || point.length < longest.length) continue;
		longest = point;
		found = what.split(' ')[0] ?? '';
	}
	return found;
}
