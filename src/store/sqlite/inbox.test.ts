import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, MovableClock } from '../../../test/embedded/rig';
import type { Inbox } from '../../consumer/inbox';
import { silentLogger } from '../../kernel/logger';
import { openSqliteInbox } from './inbox';

const LEASE_MS = 30_000;
const KEEP_MS = 60_000;

let folder: string;
let clock: MovableClock;
let inbox: Inbox & AsyncDisposable;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'event-bus-inbox-'));
	clock = new MovableClock();
	inbox = await openSqliteInbox(join(folder, 'inbox.db'), { clock, logger: silentLogger });
});
afterEach(async () => {
	await inbox[Symbol.asyncDispose]();
	await rm(folder, { recursive: true, force: true });
});

async function begin(owner = 'me', key = 'k') {
	const [entry] = await inbox.begin([key], owner, LEASE_MS, call());
	return entry;
}

const fresh = { state: 'new', failures: 0, firstFailureAt: null, lastError: null, notBefore: null };

it('is of this host', () => expect(inbox.scope).toBe('host'));

it('gives a key to one run at a time, also of the same owner', async () => {
	expect(await begin()).toEqual(fresh);
	expect(await begin('other')).toMatchObject({ state: 'busy', until: expect.any(Number) });
	expect(await begin()).toMatchObject({ state: 'busy' });
});

it('remembers a processed event for as long as asked', async () => {
	await begin();
	expect(await inbox.finish(['k'], 'me', KEEP_MS, call())).toEqual([true]);
	expect(await begin()).toEqual({ state: 'done' });
	clock.advance(KEEP_MS + 1);
	expect(await begin()).toEqual(fresh);
});

it('counts failed runs and keeps the first time and the last error', async () => {
	for (const at of [1000, 2000]) {
		await begin();
		const failure = { key: 'k', at, error: `error at ${at}`, notBefore: at + 5 };
		expect(await inbox.fail([failure], 'me', KEEP_MS, call())).toEqual([true]);
	}
	const expected = { state: 'new', failures: 2, firstFailureAt: 1000, lastError: 'error at 2000', notBefore: 2005 };
	expect(await begin()).toEqual(expected);
});

it('frees a key when its lease ends, and tells the old owner that it lost it', async () => {
	await begin();
	clock.advance(LEASE_MS + 1);
	expect(await begin('other')).toEqual(fresh);
	expect(await inbox.finish(['k'], 'me', KEEP_MS, call())).toEqual([false]);
	expect(await inbox.fail([{ key: 'k', at: 1, error: 'x', notBefore: 1 }], 'me', KEEP_MS, call())).toEqual([false]);
	expect(await inbox.finish(['k'], 'other', KEEP_MS, call())).toEqual([true]);
});

it('keeps a key while its lease is extended', async () => {
	await begin();
	clock.advance(LEASE_MS - 1000);
	await inbox.extend(['k'], 'me', LEASE_MS, call());
	await inbox.extend(['k'], 'other', 10 * LEASE_MS, call());
	clock.advance(LEASE_MS - 1000);
	expect(await begin('other')).toMatchObject({ state: 'busy' });
	clock.advance(2000);
	expect(await begin('other')).toMatchObject({ state: 'new' });
});

it('gives a key back without a count, and keeps earlier counts', async () => {
	await begin();
	await inbox.release(['k'], 'other', call());
	expect(await begin('other')).toMatchObject({ state: 'busy' });
	await inbox.release(['k'], 'me', call());
	await begin();
	await inbox.fail([{ key: 'k', at: 1, error: 'x', notBefore: 1 }], 'me', KEEP_MS, call());
	await begin();
	await inbox.release(['k'], 'me', call());
	expect(await begin('other')).toMatchObject({ state: 'new', failures: 1 });
});

it('answers many keys in one call, each for itself', async () => {
	await begin('other', 'b');
	const entries = await inbox.begin(['a', 'b', 'c'], 'me', LEASE_MS, call());
	expect(entries.map(({ state }) => state)).toEqual(['new', 'busy', 'new']);
});
