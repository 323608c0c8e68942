import { mountType, networkFileSystem } from './networkFileSystem';

it.each<[string, number, string, string | null]>([
	['ext4', 0xef53, '', null],
	['overlayfs', 0x794c7630, '', null],
	['tmpfs', 0x01021994, '', null],
	['NFS', 0x6969, '', 'NFS'],
	['CIFS', 0xff534d42, '', 'CIFS'],
	['CIFS on a 32-bit system', 0xff534d42 | 0, '', 'CIFS'],
	['SMB2', 0xfe534d42, '', 'SMB2'],
	['sshfs', 0x65735546, 'fuse.sshfs', 'fuse.sshfs'],
	['a shared folder of a virtual machine', 0x65735546, 'fuse.grpcfuse', null],
	['NTFS on a local disk', 0x65735546, 'fuseblk', null],
])('judges %s', (_name, magic, mount, expected) => {
	expect(networkFileSystem(magic, mount)).toBe(expected);
});

it.each([
	['/mnt/remote/data', 'fuse.sshfs'],
	['/mnt/remote', 'fuse.sshfs'],
	['/mnt/remoteness', 'ext4'],
	['/mnt/with blank/x', 'fuse.rclone'],
])('finds the mount of %s', (folder, type) => {
	const mounts = [
		'22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
		'30 22 0:40 / /mnt/remote rw,nosuid - fuse.sshfs user@host:/ rw',
		'31 22 0:41 / /mnt/with\\040blank rw - fuse.rclone remote: rw',
	].join('\n');
	expect(mountType(mounts, folder)).toBe(type);
});
