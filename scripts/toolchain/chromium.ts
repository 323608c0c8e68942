/**
 * A Chromium for the browser tests.
 */
import type { Log } from './log';
import { ensureProgram } from './systemProgram';

/** @returns the executable. @throws SetupError */
export async function ensureChromium(log: Log): Promise<string> {
	return await ensureProgram(
		{
			title: 'Chromium',
			variable: 'CHROMIUM',
			names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
			debianPackage: 'chromium',
		},
		log,
	);
}
