/**
 * A Chromium with a folder of its own, and pictures of what it shows.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { SCREENSHOTS } from '../../scripts/docs/pictures';
import { ensureChromium } from '../../scripts/toolchain/chromium';

/** Root may not use the sandbox, and nothing shall be asked of any server but the one that is tested. */
const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

export interface BrowserOptions {
	/** Lets a test put a script into a page that allows none. Default: false. */
	readonly bypassCSP?: boolean;
}

export class Browser implements AsyncDisposable {
	private constructor(
		readonly context: BrowserContext,
		readonly page: Page,
		private readonly profile: string,
	) {}

	static async open({ bypassCSP = false }: BrowserOptions = {}): Promise<Browser> {
		const executablePath = await ensureChromium(() => undefined);
		const profile = await mkdtemp(join(tmpdir(), 'event-bus-browser-'));
		try {
			const context = await chromium.launchPersistentContext(profile, {
				executablePath,
				headless: true,
				args: FLAGS,
				// It leaves folders of its own in there.
				env: { ...process.env, TMPDIR: profile },
				colorScheme: 'light',
				viewport: { width: 1440, height: 900 },
				bypassCSP,
			});
			return new Browser(context, context.pages()[0] ?? (await context.newPage()), profile);
		} catch (error) {
			await rm(profile, { recursive: true, force: true });
			throw error;
		}
	}

	/** @param of default: the whole window */
	async screenshot(name: string, of?: Locator): Promise<string> {
		await mkdir(SCREENSHOTS, { recursive: true });
		const path = join(SCREENSHOTS, `${name}.png`);
		await (of ?? this.page).screenshot({ path });
		return path;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		try {
			await this.context.close();
		} finally {
			await rm(this.profile, { recursive: true, force: true });
		}
	}
}
