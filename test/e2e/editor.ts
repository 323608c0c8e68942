/**
 * n8n's editor in a real browser, in the words of the person who uses it.
 */
import type { Locator, Page, Response } from 'playwright-core';
import { until } from '../conformance/waiting';
import { Browser } from './browser';
import { OWNER, type TemporaryN8n } from './temporaryN8n';

/** A busy machine renders the editor in ten seconds. */
const PATIENCE_MS = 60_000;

/** n8n fetches the package and all it depends on. */
const INSTALL_MS = 170_000;

/** Where nodes are dropped, from left to right; three have room beside the node panel. */
const DROP = { x: 150, y: 350 };
const DROP_STEP = 300;

/** The canvas moves into place. */
const ANIMATION_MS = 1500;

/** Everything that lies on or beside the canvas. */
const HIDE_EDITOR = `
	#sidebar, #header, .el-notification, .n8n-node-view__button-wrapper, [class*="executionButtons"],
	[data-test-id="canvas-background"], [data-test-id="canvas-controls"], [data-test-id="canvas-minimap"],
	[data-test-id="canvas-handle-plus-wrapper"], [data-test-id="logs-panel"], [data-test-id="node-creator-plus-button"],
	[data-test-id="command-bar-button"], [data-test-id="add-sticky-button"], [data-test-id="toggle-focus-panel-button"],
	[data-test-id="instance-ai-canvas-action-button"] { display: none !important; }`;

const HIDE_REPORTS = `.el-notification, .el-popper, [data-reka-popper-content-wrapper] { display: none !important; }`;

export class Editor implements AsyncDisposable {
	private constructor(
		private readonly n8n: TemporaryN8n,
		private readonly browser: Browser,
		readonly page: Page,
	) {}

	/** A browser of its own, logged in. */
	static async open(n8n: TemporaryN8n): Promise<Editor> {
		const browser = await Browser.open();
		try {
			browser.context.setDefaultTimeout(PATIENCE_MS);
			const { email, password } = OWNER;
			await browser.context.request.post(`${n8n.url}/rest/login`, { data: { emailOrLdapLoginId: email, password } });
			return new Editor(n8n, browser, browser.page);
		} catch (error) {
			await browser[Symbol.asyncDispose]();
			throw error;
		}
	}

	async openWorkflow(id: string): Promise<void> {
		await this.goTo(`/workflow/${id}`);
		await this.part('canvas-node').first().waitFor();
	}

	async goTo(path: string): Promise<void> {
		await this.page.goto(`${this.n8n.url}${path}`);
	}

	/** The names that the node panel offers for what a person types. */
	async searchNodes(text: string): Promise<readonly string[]> {
		const search = this.part('node-creator-search-bar');
		if (!(await search.isVisible())) await this.part('node-creator-plus-button').click();
		await search.fill(text);
		const found = this.part('node-creator-item-name');
		// The list is filtered a moment after the last key.
		await this.page.waitForTimeout(500);
		await found.or(this.part('node-creator-no-results')).first().waitFor();
		return await found.allInnerTexts();
	}

	/** What the card of a node in the node panel offers. */
	async offersOf(name: string): Promise<{ readonly actions: readonly string[]; readonly triggers: number }> {
		await this.searchNodes(name);
		await this.part('node-creator-item-name').getByText(name, { exact: true }).click();
		const triggers = await this.part('node-creator-category-item').getByText('Triggers').innerText();
		return {
			actions: await this.part('node-creator-item-name').allInnerTexts(),
			triggers: Number(/\d+/.exec(triggers)?.[0]),
		};
	}

	/** Installs a package on the screen of the community nodes. */
	async installPackage(name: string): Promise<void> {
		await this.goTo('/settings/community-nodes');
		await this.page.getByRole('button', { name: /^Install/ }).click();
		await this.part('package-name-input').fill(name);
		await this.part('user-agreement-checkbox').click();
		const isAnswer = (response: Response) =>
			response.request().method() === 'POST' && response.url().endsWith('/rest/community-packages');
		const press = async () => await this.part('install-community-package-button').click();
		await this.accepted(`install ${name}`, press, isAnswer, INSTALL_MS);
		await this.part('community-package-card').waitFor();
	}

	/** Begins a workflow that has nothing in it. */
	async newWorkflow(): Promise<void> {
		await this.goTo('/workflow/new');
		await this.part('canvas-wrapper').waitFor();
	}

	/** Brings a file into the open workflow. */
	async importFile(path: string): Promise<void> {
		await this.part('workflow-import-input').setInputFiles(path);
		await this.part('canvas-node').first().waitFor();
	}

	/** Publishes the open workflow, so that its triggers run. */
	async publish(): Promise<void> {
		await this.part('workflow-open-publish-modal-button').click();
		const press = async () => await this.part('workflow-publish-button').click();
		await this.accepted('publish the workflow', press, (response) => response.url().endsWith('/activate'));
		await this.page.getByRole('button', { name: 'Got it' }).click();
	}

	/**
	 * Drags what the node panel offers onto the canvas, where it opens.
	 *
	 * @param action of a card that has several
	 */
	async dragNode(card: string, action?: string): Promise<void> {
		await this.searchNodes(card);
		const offered = this.part('node-creator-item-name');
		const wanted = offered.getByText(action ?? card, { exact: true });
		if (action !== undefined) {
			await offered.getByText(card, { exact: true }).click();
			const categories = this.part('node-creator-category-item');
			await categories.first().waitFor();
			// Actions are folded up in a workflow that has no trigger yet.
			if (!(await wanted.isVisible())) await categories.getByText('Actions').click();
		}
		const x = DROP.x + DROP_STEP * (await this.part('canvas-node').count());
		await wanted.dragTo(this.part('canvas-wrapper'), { targetPosition: { ...DROP, x } });
		await this.panel.waitFor();
		await this.part('node-parameters').first().waitFor();
	}

	/** Has n8n lay the open workflow out, from left to right. */
	async tidyUp(): Promise<void> {
		await this.pressOnCanvas('Shift+Alt+KeyT');
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	async openNode(name: string): Promise<void> {
		await this.node(name).dblclick();
		await this.panel.waitFor();
		await this.part('node-parameters').first().waitFor();
	}

	async closeNode(): Promise<void> {
		await this.part('ndv-close-button').click();
		await this.panel.waitFor({ state: 'hidden' });
	}

	/** What is open when a node is. */
	get panel(): Locator {
		return this.part('ndv');
	}

	/** Labels and values of the parameters on show, from top to bottom; collections and code have none and are left out. */
	async parameters(): Promise<readonly (readonly [string, string])[]> {
		const shown: [string, string][] = [];
		const rows = this.part('parameter-item').filter({
			visible: true,
			has: this.page.locator('input'),
			hasNot: this.part('collection-parameter-add'),
		});
		for (const row of await rows.all()) {
			const inputs = row.locator('input');
			const [label = ''] = (await row.locator('label').first().innerText()).split('\n');
			// A resource locator has a second input, which is its value.
			shown.push([label.trim(), await inputs.last().inputValue()]);
		}
		return shown;
	}

	async valueOf(name: string): Promise<string> {
		return await this.parameter(name).locator('input').first().inputValue();
	}

	/** The control of a parameter, by its name in the workflow file. */
	parameter(name: string): Locator {
		return this.panel.locator(`[data-test-id="parameter-input-${name}"]`);
	}

	/** Executes the open node, and gives what its output panel shows. */
	async execute(): Promise<Locator> {
		await this.part('node-execute-button').click();
		return this.output;
	}

	get output(): Locator {
		return this.part('output-panel');
	}

	/** Ctrl+S. Resolves when n8n has stored it. */
	async save(): Promise<void> {
		const isAnswer = (response: Response) =>
			response.request().method() === 'PATCH' && response.url().includes('/rest/workflows/');
		await this.accepted('save', async () => await this.page.keyboard.press('Control+s'), isAnswer);
	}

	/** Fills in a parameter of the open node that is a text. */
	async fill(name: string, value: string): Promise<void> {
		await this.parameter(name).locator('input').first().fill(value);
	}

	/** Chooses from a list of the open node, by the name it shows. */
	async choose(name: string, choice: string): Promise<void> {
		await this.chooseFrom(this.parameter(name).locator('input').first(), choice);
	}

	/** A field of the credential form. */
	async fillCredential(name: string, value: string): Promise<void> {
		await this.credentialForm.locator(`[data-test-id="parameter-input-${name}"] input`).fill(value);
	}

	/** Chooses from a list of the credential form, by the name it shows. */
	async chooseInCredential(name: string, choice: string): Promise<void> {
		await this.chooseFrom(this.credentialForm.locator(`[data-test-id="parameter-input-${name}"] input`), choice);
	}

	/** Which fields the credential form shows, by their names in the credential, from top to bottom. */
	async credentialFields(): Promise<readonly string[]> {
		const prefix = 'parameter-input-';
		// The box that a number is typed into has such an id too, and no name.
		const isField = `[data-test-id^="${prefix}"]:not([data-test-id="${prefix}field"])`;
		const fields = await this.credentialForm.locator(isField).all();
		const names = await Promise.all(fields.map(async (field) => await field.getAttribute('data-test-id')));
		return names.map((name) => name?.slice(prefix.length) ?? '');
	}

	/** Whether a field of the credential form shows dots instead of what is typed. */
	async isMasked(name: string): Promise<boolean> {
		const field = this.credentialForm.locator(`[data-test-id="parameter-input-${name}"]`);
		return (await field.locator('input[type="password"], textarea[class*="masked"]').count()) > 0;
	}

	/** @returns what the form says when the credential does not work; '' when it does, and the form is closed then */
	async saveCredential(): Promise<string> {
		const tested = this.page.waitForResponse((response) => response.url().endsWith('/rest/credentials/test'));
		await this.part('credential-save-button').click();
		const { data } = (await (await tested).json()) as { data: { status: string; message: string } };
		if (data.status === 'OK') {
			await this.credentialForm.waitFor({ state: 'hidden' });
			return '';
		}
		await this.credentialForm.getByText('More details').click();
		return await this.credentialForm.innerText();
	}

	get credentialForm(): Locator {
		return this.part('credential-edit-dialog');
	}

	/** @param of default: the whole window */
	async screenshot(name: string, of?: Locator): Promise<string> {
		return await this.browser.screenshot(name, of);
	}

	/** Photographs the open node, without what n8n reports beside it. */
	async photographNode(name: string): Promise<string> {
		return await this.styled(HIDE_REPORTS, async () => await this.screenshot(name, this.panel));
	}

	/** Shows the output of the open node as 'Schema', 'Table' or 'JSON'. */
	async showOutputAs(mode: string): Promise<void> {
		await this.output.getByRole('radio', { name: mode }).click();
	}

	/** Photographs the open workflow as a whole, without the editor around it. */
	async photographCanvas(name: string, size: { readonly width: number; readonly height: number }): Promise<string> {
		const usual = this.page.viewportSize();
		await this.page.setViewportSize(size);
		try {
			return await this.styled(HIDE_EDITOR, async () => {
				// By key: the button is hidden.
				await this.pressOnCanvas('1');
				return await this.screenshot(name, this.part('canvas-wrapper'));
			});
		} finally {
			if (usual) await this.page.setViewportSize(usual);
		}
	}

	part(testId: string): Locator {
		return this.page.locator(`[data-test-id="${testId}"]`);
	}

	/** @throws Error with what n8n answers when it does not do it */
	private async accepted(
		what: string,
		act: () => Promise<void>,
		isAnswer: (response: Response) => boolean,
		timeout = PATIENCE_MS,
	): Promise<void> {
		const answered = this.page.waitForResponse(isAnswer, { timeout });
		await act();
		const response = await answered;
		if (!response.ok()) throw new Error(`n8n did not ${what}: ${response.status()} ${await response.text()}`);
	}

	/** The canvas listens to keys once it has the focus, and moves then. */
	private async pressOnCanvas(key: string): Promise<void> {
		await this.page.locator('.vue-flow__pane').click({ position: { x: 5, y: 5 } });
		await this.page.keyboard.press(key);
		await this.page.waitForTimeout(ANIMATION_MS);
	}

	/** Does it while the page has a style more. */
	private async styled<T>(content: string, act: () => Promise<T>): Promise<T> {
		const style = await this.page.addStyleTag({ content });
		try {
			return await act();
		} finally {
			await style.evaluate((element) => (element as unknown as { remove(): void }).remove());
		}
	}

	private async chooseFrom(list: Locator, choice: string): Promise<void> {
		const choices = this.page.locator('.el-select-dropdown__item:visible');
		await list.click();
		await choices.filter({ has: this.page.getByText(choice, { exact: true }) }).click();
		await until(`${choice} is chosen`, async () => (await list.inputValue()) === choice);
		await until('the list is closed', async () => (await choices.count()) === 0);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.browser[Symbol.asyncDispose]();
	}
}
