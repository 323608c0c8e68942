/**
 * A folder for the files of one bench.
 */
import { serverFolder } from '../servers/serverFolder';

export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
	const folder = await serverFolder('bench', undefined);
	return { path: folder.path, [Symbol.asyncDispose]: async () => await folder.release() };
}
