/**
 * What is over is forgotten, by one process for all.
 */
import { silentLogger } from '../../../src/kernel/logger';
import { Link } from '../../../src/store/postgres/link';
import { readSettings } from '../../../src/store/postgres/settings';
import { sweep } from '../../../src/store/postgres/sweep';
import { storeFromUrl } from '../../../src/store/stores';
import { times } from '../../conformance/waiting';
import { PostgresUnderTest, quoted } from '../postgresUnderTest';
import { StoreRig } from '../rig';

const postgres = new PostgresUnderTest();
beforeAll(async () => await postgres.start());
afterAll(async () => await postgres.stop());

it('processed events and changes are forgotten when their time is over, and not before', async () => {
	const place = await postgres.makePlace();
	await using rig = await StoreRig.create(place);
	await using link = new Link(readSettings(storeFromUrl(place.url).settings), 'test');
	const { engine, store, clock, call } = rig;
	const host = { clock, logger: silentLogger };
	const keys = times(2500, (n) => `k${n}`);
	await engine.inbox.begin(keys, 'me', 1000, call());
	await engine.inbox.finish(keys, 'me', 60_000, call());
	await store.put({ model: 'm', id: '1', expect: null, change: 'c' }, {}, call());
	const counted = async (table: string) =>
		Number((await postgres.sql<{ n: string }>(`SELECT COUNT(*) AS n FROM ${quoted(place.schema)}.${table}`))[0]?.n);

	expect(await sweep(link, { ...host, owner: 'a' }, call())).toBe(true);
	expect(await counted('inbox')).toBe(2500);
	clock.advance(61_000);
	expect(await sweep(link, { ...host, owner: 'b' }, call())).toBe(false);
	clock.advance(8 * 24 * 60 * 60 * 1000);
	expect(await sweep(link, { ...host, owner: 'b' }, call())).toBe(true);
	expect([await counted('inbox'), await counted('document_change'), await counted('document')]).toEqual([0, 0, 1]);
});
